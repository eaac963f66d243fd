// What the programs that exec benchmarks run have in common: they exit at once with kChildStatus.
// A first argument "n7", "t7" or "c7" makes them write the time of their first clock read
// (nanoseconds of CLOCK_MONOTONIC, ticks, or coarse ticks) to descriptor 7 before that, as 8 bytes.
#pragma once

#include "bench/subject/clock.h"
#include "bench/subject/slice.h"
#include "harness/sys/raw_syscall.h"

namespace procmark::programs {

// By a system call, because a look for the vDSO would be timed too.
inline void StampIfAsked(const char* argument) {
  const char clock = argument[0];
  if (clock != 'n' && clock != 't' && clock != 'c') return;
  const int64_t now = clock == 'n'
                          ? subject::ReadNanoseconds(subject::ClockBySyscall)
                          : subject::ReadTicks(clock == 't' ? subject::Clock::kTicks
                                                            : subject::Clock::kCoarseTicks);
  int fd = 0;
  for (const char* digit = argument + 1; *digit >= '0' && *digit <= '9'; ++digit)
    fd = fd * 10 + (*digit - '0');
  sys::RawSyscall(__NR_write, fd, sys::RawArg(&now), sizeof now);
}

}  // namespace procmark::programs
