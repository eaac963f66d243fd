// SPDX-License-Identifier: MIT
// Converts ticks of the CPU's counter to guest instructions.
#pragma once

#include <cmath>
#include <cstdint>

#include "bench/subject/slice.h"

namespace procmark::bench {

// instructions = ticks * numerator / denominator. Under QEMU's `-icount shift=0` one instruction
// takes one nanosecond of virtual time, and each counter advances in that time at its own
// frequency.
struct TickWorth {
  int64_t numerator = 1;
  int64_t denominator = 1;

  int64_t Instructions(int64_t ticks) const {
    return std::llround(static_cast<double>(ticks) * static_cast<double>(numerator) /
                        static_cast<double>(denominator));
  }

  // The clock's resolution.
  double InstructionsPerTick() const {
    return static_cast<double>(numerator) / static_cast<double>(denominator);
  }
};

// The counter that programs read here.
struct TickClock {
  subject::Clock clock = subject::Clock::kTicks;
  TickWorth worth;
};

// The one of this machine (ReadTicks in subject/clock.h). Throws Complaint (lost) if its frequency
// cannot be read.
TickClock FindTickClock();

}  // namespace procmark::bench
