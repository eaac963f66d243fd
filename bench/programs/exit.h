// SPDX-License-Identifier: MIT
// The programs that exec benchmarks execute. They exit at once with kChildStatus. If their first
// argument is "n7", "t7" or "c7" (a letter of kClockLetters and a descriptor), they first write the
// time of their first clock read to descriptor 7, as 8 bytes.
#pragma once

#include "bench/subject/clock.h"
#include "bench/subject/slice.h"
#include "harness/sys/raw_syscall.h"

namespace procmark::programs {

constexpr char LetterOf(subject::Clock clock) {
  return subject::kClockLetters[static_cast<uint32_t>(clock)][0];
}

// Reads CLOCK_MONOTONIC by a system call, because looking for the vDSO would be timed too.
inline void StampIfAsked(const char* argument) {
  const char clock = argument[0];
  constexpr char kNanoseconds = LetterOf(subject::Clock::kNanoseconds);
  constexpr char kTicks = LetterOf(subject::Clock::kTicks);
  constexpr char kCoarseTicks = LetterOf(subject::Clock::kCoarseTicks);
  if (clock != kNanoseconds && clock != kTicks && clock != kCoarseTicks) return;
  const int64_t now = clock == kNanoseconds
                          ? subject::ReadNanoseconds(subject::ClockBySyscall)
                          : subject::ReadTicks(clock == kTicks ? subject::Clock::kTicks
                                                               : subject::Clock::kCoarseTicks);
  int fd = 0;
  for (const char* digit = argument + 1; *digit >= '0' && *digit <= '9'; ++digit)
    fd = fd * 10 + (*digit - '0');
  sys::RawSyscall(__NR_write, fd, sys::RawArg(&now), sizeof now);
}

}  // namespace procmark::programs
