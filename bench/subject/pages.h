// SPDX-License-Identifier: MIT
// Pages of memory that a benchmark writes to, counts the faults of, and shares with a child.
#pragma once

#include <linux/resource.h>

#include "bench/subject/benchmark.h"

namespace procmark::subject {

// Pages written in one sample. So a sample takes much less than 0.5 ms, and two clock reads are
// little beside it.
inline constexpr int64_t kBatch = 64;

inline int64_t MinorFaults() {
  struct rusage usage {};
  sys::RawSyscall(__NR_getrusage, RUSAGE_SELF, sys::RawArg(&usage));
  return usage.ru_minflt;
}

// Refuses unless there were `expected` faults, or a few more: a child takes one each for its text,
// its stack and the shared page.
inline void CheckFaults(const Context& context, int64_t faults, int64_t expected) {
  constexpr int64_t kSlack = 4;
  if (faults < expected || faults > expected + kSlack)
    context.Refuse("the touched pages did not take one minor fault each; faults in all", faults);
}

enum class Access { kRead, kWrite };

// The memory that a benchmark touches.
struct Area {
  char* bytes;
  unsigned long size;
};

// Times the touch of one byte at each of kBatch places of the area, `step` bytes apart. Refuses
// unless each touch was one fault.
template <Access kAccess>
[[gnu::always_inline]] inline int64_t TouchPages(Context& context, const Area& area,
                                                 unsigned long step) {
  const int64_t before = MinorFaults();
  const int64_t start = context.Now();
  volatile char* page = area.bytes;
  for (int64_t i = 0; i < kBatch; ++i, page += step) {
    if constexpr (kAccess == Access::kWrite) {
      *page = 1;
    } else {
      (void)*page;
    }
  }
  const int64_t length = context.Length(start);
  CheckFaults(context, MinorFaults() - before, kBatch);
  return length;
}

[[gnu::always_inline]] inline int64_t WritePages(Context& context, const Area& area) {
  return TouchPages<Access::kWrite>(context, area, context.page_bytes);
}

[[gnu::always_inline]] inline void ReapChild(Context& context, long pid) {
  context.status = -1;
  const long reaped =
      pid > 0 ? sys::RawSyscall(__NR_wait4, pid, sys::RawArg(&context.status), 0, 0) : pid;
  context.CheckChild(pid, reaped);
}

// A child that shares all pages with its parent and lives until End(), or until its parent dies.
class Sharer {
 public:
  // Returns when the child runs.
  [[gnu::always_inline]] explicit Sharer(Context& context) {
    int ready[2] = {-1, -1};
    int leave[2] = {-1, -1};
    if (sys::RawSyscall(__NR_pipe2, sys::RawArg(ready), 0) != 0 ||
        sys::RawSyscall(__NR_pipe2, sys::RawArg(leave), 0) != 0)
      context.Refuse("no pipe could be opened", 0);
    char byte = 0;
    pid_ = sys::RawFork();
    if (pid_ == 0) {
      sys::RawSyscall(__NR_close, leave[1]);
      sys::RawSyscall(__NR_write, ready[1], sys::RawArg(&byte), 1);
      sys::RawSyscall(__NR_read, leave[0], sys::RawArg(&byte), 1);
      ExitChild();
    }
    if (pid_ < 0) context.Refuse("no child could be created: errno", -pid_);
    sys::RawSyscall(__NR_close, ready[1]);
    if (sys::RawSyscall(__NR_read, ready[0], sys::RawArg(&byte), 1) != 1)
      context.Refuse("the child ended before it shared the pages", 0);
    sys::RawSyscall(__NR_close, ready[0]);
    sys::RawSyscall(__NR_close, leave[0]);
    leave_ = leave[1];
  }

  // Lets the child exit, reaps it and counts it.
  [[gnu::always_inline]] void End(Context& context) {
    sys::RawSyscall(__NR_close, leave_);
    ReapChild(context, pid_);
  }

  long Pid() const { return pid_; }

 private:
  long pid_ = -1;
  int leave_ = -1;
};

}  // namespace procmark::subject
