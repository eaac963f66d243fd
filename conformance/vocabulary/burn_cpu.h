// SPDX-License-Identifier: MIT
// Using up CPU time.
#pragma once

#include <ctime>

namespace procmark::conformance {

// Spins until the calling process has used at least `ms` milliseconds of CPU time in all.
// Async-signal-safe.
inline void BurnCpu(long ms) {
  timespec used{};
  do {
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  } while (used.tv_sec * 1000 + used.tv_nsec / 1'000'000 < ms);
}

}  // namespace procmark::conformance
