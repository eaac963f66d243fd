// Context: what a running subject knows while it measures. It lives on the subject's stack, so that
// the subject has no writable data of its own for a fork to copy.
#pragma once

#include "bench/subject/benchmark.h"
#include "bench/subject/clock.h"
#include "bench/subject/slice.h"
#include "harness/sys/raw_syscall.h"

namespace procmark::subject {

// What a sample holds, and what must be seen of it. At first as the benchmark's entry says;
// prepare() may change it by the amount asked for.
struct Expected {
  int64_t operations;
  int64_t children;
  FaultRange faults;         // per operation
  int64_t major_faults = 0;  // at the most, per operation
};

struct Context {
  Pages* pages;
  ClockGettime gettime;
  Clock clock;
  uint32_t slow_percent;
  unsigned long page_bytes;
  // Where wait4(2) stores. Reset before an operation, never in it: after a fork the parent's first
  // write to its stack copies a page as long as the child lives.
  int status;
  int64_t children;  // reaped and found to have ended as they should, since the start
  uint64_t amount;   // the number of the benchmark's own parameter
  Expected expected;
  uint32_t placed;        // how many samples have their Pages::cpus
  bool splits_counted;    // huge pages may be split here: Totals::huge_splits
  int64_t first_through;  // as in Totals, so far
  int64_t last_through;
  // What a family's prepare() leaves for its samples.
  void* area;
  unsigned long area_bytes;
  char path[32];
  alignas(8) unsigned char kept[88];

  // A family's own few words among them. They are zero at first.
  template <typename Words>
  [[gnu::always_inline]] Words& Keep() {
    static_assert(sizeof(Words) <= sizeof kept && alignof(Words) <= 8);
    return *reinterpret_cast<Words*>(kept);
  }

  [[gnu::always_inline]] int64_t Now() const {
    return clock != Clock::kNanoseconds ? ReadTicks(clock) : ReadNanoseconds(gettime);
  }

  // Ends a timed region that began at `start`: its length. The canary's slowdown is a spin in here,
  // as long as the given part of what has just been timed.
  [[gnu::always_inline]] int64_t Length(int64_t start) const {
    const int64_t end = Now();
    if (slow_percent != 0) [[unlikely]]
      return Spin(start, end) - start;
    return end - start;
  }

  // The same for a region that ended elsewhere and was `length` long.
  int64_t Lengthen(int64_t length) const {
    if (slow_percent == 0) return length;
    const int64_t now = Now();
    return Spin(now - length, now) - (now - length);
  }

  // Reads the clock until the region is lengthened; returns the last reading.
  [[gnu::noinline]] int64_t Spin(int64_t start, int64_t end) const;

  // Ends the subject: this benchmark cannot be measured here. `error_number` 0 is not shown.
  [[noreturn]] void Skip(const char* reason, int64_t error_number = 0) const;
  // The same with the number that the reason ends in.
  [[noreturn]] void SkipAt(const char* reason, int64_t number) const;
  // Ends the subject: a self-check failed.
  [[noreturn]] void Refuse(const char* reason, int64_t seen) const;

  // The child `pid` was waited for, into `status`, and wait4(2) returned `reaped`: refuses unless
  // it is the one that ended, and as it should. Counts it.
  [[gnu::always_inline]] void CheckChild(long pid, long reaped) {
    CheckEnd(pid, reaped, kChildStatus << 8);
  }
  // The same for a child that must end with this raw wait status.
  [[gnu::always_inline]] void CheckEnd(long pid, long reaped, int agreed) {
    if (pid > 0 && reaped == pid && status == agreed) [[likely]] {
      ++children;
      return;
    }
    RefuseChild(pid, reaped, agreed);
  }
  [[noreturn]] void RefuseChild(long pid, long reaped, int agreed) const;
};

// Ends the calling process as every measured child ends: at once, nothing flushed, and with the
// status that its parent checks. Inline, so that the child writes to no stack page of its own.
[[noreturn, gnu::always_inline]] inline void ExitChild() {
  sys::RawSyscall(__NR_exit_group, kChildStatus);
  __builtin_unreachable();
}

}  // namespace procmark::subject
