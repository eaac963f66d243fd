// What one tick of the CPU's counter is worth in guest instructions.
#pragma once

#include <cmath>
#include <cstdint>

#include "bench/subject/slice.h"

namespace procmark::bench {

// instructions = ticks * numerator / denominator. Under QEMU's `-icount shift=0` one instruction
// takes one nanosecond of virtual time, and every counter follows that time by its own frequency.
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

// The counter to read here, and what it counts.
struct TickClock {
  subject::Clock clock = subject::Clock::kTicks;
  TickWorth worth;
};

// Of this machine (ReadTicks in subject/clock.h). Throws Complaint (lost) when the frequency that
// it depends on cannot be read.
TickClock FindTickClock();

}  // namespace procmark::bench
