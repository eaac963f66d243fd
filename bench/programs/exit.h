// What the programs that exec benchmarks run have in common: they exit at once with kChildStatus.
// A first argument "n7" or "t7" makes them write the time of their first clock read (nanoseconds of
// CLOCK_MONOTONIC, or ticks) to descriptor 7 before that, as 8 bytes.
#pragma once

#include "bench/subject/clock.h"
#include "bench/subject/slice.h"
#include "harness/sys/raw_syscall.h"

namespace procmark::programs {

// By a system call, because a look for the vDSO would be timed too.
inline void StampIfAsked(const char* argument) {
  if (argument[0] != 'n' && argument[0] != 't') return;
  const int64_t now =
      argument[0] == 't' ? subject::ReadTicks() : subject::ReadNanoseconds(subject::ClockBySyscall);
  int fd = 0;
  for (const char* digit = argument + 1; *digit >= '0' && *digit <= '9'; ++digit)
    fd = fd * 10 + (*digit - '0');
  sys::RawSyscall(__NR_write, fd, sys::RawArg(&now), sizeof now);
}

}  // namespace procmark::programs
