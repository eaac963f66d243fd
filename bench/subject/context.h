// SPDX-License-Identifier: MIT
// Context: what a subject knows while it measures, and what a benchmark may ask of it.
#pragma once

#include <type_traits>

#include "bench/subject/clock.h"
#include "bench/subject/slice.h"
#include "harness/sys/raw_syscall.h"

namespace procmark::subject {

// Minor faults per operation, of the subject and its children together.
struct FaultRange {
  int64_t least;
  int64_t most;
};

// What one sample must contain. The subject refuses its numbers otherwise. It starts as the
// benchmark's fields say; `prepare` may change it.
struct Expected {
  int64_t operations;
  int64_t children;
  FaultRange faults;         // per operation
  int64_t major_faults = 0;  // at most, per operation
};

// It lies on the subject's stack, so that a subject without a C library has no writable data that a
// fork would copy.
struct Context {
  Pages* pages;
  ClockGettime gettime;
  Clock clock;
  uint32_t slow_percent;
  unsigned long page_bytes;
  // Where wait4(2) stores a child's status. Reset it before an operation, never during one: after a
  // fork the parent's first write to its stack copies a page.
  int status;
  int64_t children;  // ended with the agreed status and reaped, since the start
  uint64_t amount;   // the number of the benchmark's own parameter
  Expected expected;
  uint32_t placed;        // samples that have an entry in Pages::cpus
  bool splits_counted;    // set it to report Totals::huge_splits
  int64_t first_through;  // as in Totals, so far
  int64_t last_through;
  alignas(8) unsigned char state[136];

  // The benchmark's state: the object that its `prepare` filled in. Each sample gets it as its
  // second argument. Call this only where that argument is out of reach, with the same type.
  template <typename T>
  [[gnu::always_inline]] T& State() {
    static_assert(sizeof(T) <= sizeof state && alignof(T) <= 8,
                  "the state is too large: let it point to memory that `prepare` maps");
    static_assert(std::is_trivially_destructible_v<T>, "nothing destroys the state");
    return *reinterpret_cast<T*>(state);
  }

  [[gnu::always_inline]] int64_t Now() const {
    return clock != Clock::kNanoseconds ? ReadTicks(clock) : ReadNanoseconds(gettime);
  }

  // Ends the timed region that began at `start` and returns its length.
  [[gnu::always_inline]] int64_t Length(int64_t start) const {
    const int64_t end = Now();
    if (slow_percent != 0) [[unlikely]]
      return Spin(start, end) - start;
    return end - start;
  }

  // The same for a region of `length` whose end another task read.
  int64_t Lengthen(int64_t length) const {
    if (slow_percent == 0) return length;
    const int64_t now = Now();
    return Spin(now - length, now) - (now - length);
  }

  // Reads the clock until the region is slow_percent longer. Returns the last reading.
  [[gnu::noinline]] int64_t Spin(int64_t start, int64_t end) const;

  // Ends the subject: the benchmark cannot be measured here. The reason is followed by "(errno N)"
  // unless `error_number` is 0.
  [[noreturn]] void Skip(const char* reason, int64_t error_number = 0) const;
  // The same; the reason is followed by `number`.
  [[noreturn]] void SkipAt(const char* reason, int64_t number) const;
  // Ends the subject: a self-check failed. The reason is followed by `seen`.
  [[noreturn]] void Refuse(const char* reason, int64_t seen) const;

  // Counts the child `pid` after wait4(2) returned `reaped` and stored `status`. Refuses unless
  // that is this child and it exited with kChildStatus. `pid` may be the -errno of its creation.
  [[gnu::always_inline]] void CheckChild(long pid, long reaped) {
    CheckEnd(pid, reaped, kChildStatus << 8);
  }
  // The same for a child that must end with the raw wait status `agreed`.
  [[gnu::always_inline]] void CheckEnd(long pid, long reaped, int agreed) {
    if (pid > 0 && reaped == pid && status == agreed) [[likely]] {
      ++children;
      return;
    }
    RefuseChild(pid, reaped, agreed);
  }
  [[noreturn]] void RefuseChild(long pid, long reaped, int agreed) const;
};

// Ends the calling process with kChildStatus, at once. Inline, so that the child writes to no page
// of its stack.
[[noreturn, gnu::always_inline]] inline void ExitChild() {
  sys::RawSyscall(__NR_exit_group, kChildStatus);
  __builtin_unreachable();
}

}  // namespace procmark::subject
