// SPDX-License-Identifier: MIT
// The end of a process: with what it owns, by a signal, and with its first thread ending first or
// last.
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/signal.h>

#include "bench/subject/create.h"
#include "bench/subject/memory.h"
#include "bench/subject/pages.h"
#include "bench/subject/parked.h"
#include "bench/subject/raw_thread.h"
#include "bench/subject/shape.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

// What a child acquires before it ends and shares with no other process.
enum class Own { kMemory, kTransparentHuge, kHugetlb, kMappings, kDescriptors, kThreads };

// For the child, which cannot call Skip or Refuse: its parent sees the wrong status.
[[noreturn]] void Fail() {
  RawSyscall(__NR_exit_group, 1);
  __builtin_unreachable();
}

// Writes to every small page, so that memory in small pages takes a fault for each of them.
void AcquireHuge(const Context& context, Own what, unsigned long bytes) {
  unsigned long huge_bytes = 0;
  char* const area = what == Own::kHugetlb ? MapHugetlb(context, bytes, &huge_bytes)
                                           : MapTransparentHuge(context, bytes, &huge_bytes);
  WriteEachPage(area, bytes, context.page_bytes);
}

[[gnu::noinline]] void Acquire(const Context& context, Own what, unsigned long amount) {
  if (what == Own::kThreads) {
    if (ParkThreads(static_cast<uint32_t>(amount)) != static_cast<long>(amount)) Fail();
    return;
  }
  if (what == Own::kDescriptors) {
    for (unsigned long i = 0; i < amount; ++i) {
      if (RawSyscall(__NR_eventfd2, 0, 0) < 0) Fail();
    }
    return;
  }
  if (what == Own::kTransparentHuge || what == Own::kHugetlb)
    return AcquireHuge(context, what, amount);
  const unsigned long bytes = what == Own::kMemory ? amount : amount * context.page_bytes;
  const long area = sys::RawMmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
  if (sys::RawFailed(area)) Fail();
  RawSyscall(__NR_madvise, area, static_cast<long>(bytes), MADV_NOHUGEPAGE);
  if (what == Own::kMemory) {
    WriteEachPage(reinterpret_cast<char*>(area), bytes, context.page_bytes);
    return;
  }
  for (unsigned long i = 1; i < amount; i += 2) {
    const long page = area + static_cast<long>(i * context.page_bytes);
    if (RawSyscall(__NR_mprotect, page, static_cast<long>(context.page_bytes), PROT_READ) != 0)
      Fail();
  }
}

// Reaps `pid`. Returns the time since the clock reading that the child left in the shared page.
[[gnu::always_inline]] inline int64_t ReapFromStamp(Context& context, long pid, int expected) {
  const long reaped = pid > 0 ? RawSyscall(__NR_wait4, pid, RawArg(&context.status), 0, 0) : pid;
  const int64_t end = context.Now();
  context.CheckEnd(pid, reaped, expected);
  return context.Lengthen(end - context.pages->stamp);
}

template <Own kWhat>
int64_t ExitOwning(Context& context) {
  context.status = -1;
  const long pid = sys::RawFork();
  if (pid == 0) {
    Acquire(context, kWhat, static_cast<unsigned long>(context.amount));
    StampAndExit<Edge::kChildExit, Edge::kReaped>(context, 0);
  }
  return ReapFromStamp(context, pid, kChildStatus << 8);
}

// The faults of a child: its text, its stack, the shared page, its parent's stack.
constexpr int64_t kFewest = 2;
constexpr int64_t kMost = 16;

// One fault for each page of its own memory, and one or two for each thread's stack.
template <Own kWhat>
void NeedOwn(Context& context) {
  int64_t pages = 0;
  if (kWhat == Own::kMemory) {
    for (uint64_t at = 0; at < context.amount; at += context.page_bytes) ++pages;
  }
  const int64_t threads = kWhat == Own::kThreads ? static_cast<int64_t>(context.amount) : 0;
  context.expected.faults = {kFewest + pages + threads, kMost + pages + 2 * threads};
  Shape cost{};
  if (kWhat == Own::kMemory) cost.rss_bytes = context.amount;
  if (kWhat == Own::kMappings) cost.vmas = static_cast<uint32_t>(context.amount);
  if (kWhat == Own::kDescriptors) cost.fds = static_cast<uint32_t>(context.amount);
  if (kWhat == Own::kThreads) cost.threads = static_cast<uint32_t>(context.amount);
  NeedMemory(context, BytesOf(cost));
  if (kWhat == Own::kDescriptors) NeedDescriptors(context, cost.fds);
}

// Tries it once: if memory is fragmented, the kernel gives no huge pages.
template <Own kWhat>
void NeedOwnHuge(Context& context) {
  const unsigned long bytes = static_cast<unsigned long>(context.amount);
  unsigned long huge_bytes = 0;
  if (kWhat == Own::kTransparentHuge) NeedMemory(context, context.amount);
  char* const area = kWhat == Own::kHugetlb ? MapHugetlb(context, bytes, &huge_bytes)
                                            : MapTransparentHuge(context, bytes, &huge_bytes);
  int64_t pages = 0;
  for (unsigned long at = 0; at < bytes; at += huge_bytes) ++pages;
  const int64_t before = MinorFaults();
  WriteEachPage(area, bytes, context.page_bytes);
  if (MinorFaults() - before > pages + 2)
    context.Skip("the kernel gave fewer transparent huge pages than asked for");
  RawSyscall(__NR_munmap, RawArg(area), static_cast<long>(bytes));
  context.expected.faults = {kFewest + pages, kMost + pages};
}

// ---- by a signal

enum class Death { kKilledByItself, kSegfault };

template <Death kDeath>
int64_t ExitBySignal(Context& context) {
  context.status = -1;
  const long pid = sys::RawFork();
  if (pid == 0) {
    const long self = RawSyscall(__NR_getpid);
    context.pages->stamp = 0;  // takes the child's fault on the shared page before the edge
    context.pages->stamp = context.Now();
    if constexpr (kDeath == Death::kKilledByItself) {
      if (self > 0) RawSyscall(__NR_kill, self, SIGKILL);
    } else {
      volatile int* volatile nowhere = nullptr;
      *nowhere = 1;
    }
    Fail();
  }
  return ReapFromStamp(context, pid, kDeath == Death::kSegfault ? SIGSEGV : SIGKILL);
}

// The child has context.amount more threads. It reports through a pipe that it is about to sleep.
int64_t Kill(Context& context) {
  int ready[2] = {-1, -1};
  if (RawSyscall(__NR_pipe2, RawArg(ready), 0) != 0) context.Refuse("no pipe could be opened", 0);
  char byte = 0;
  context.status = -1;
  const long pid = sys::RawFork();
  if (pid == 0) {
    if (context.amount != 0)
      Acquire(context, Own::kThreads, static_cast<unsigned long>(context.amount));
    RawSyscall(__NR_write, ready[1], RawArg(&byte), 1);
    while (true) RawSyscall(__NR_ppoll, 0, 0, 0, 0, 0);
  }
  if (pid < 0) context.Refuse("no child could be created: errno", -pid);
  RawSyscall(__NR_close, ready[1]);
  const long told = RawSyscall(__NR_read, ready[0], RawArg(&byte), 1);
  RawSyscall(__NR_close, ready[0]);
  const int64_t start = context.Now();
  RawSyscall(__NR_kill, pid, SIGKILL);
  const long reaped = RawSyscall(__NR_wait4, pid, RawArg(&context.status), 0, 0);
  const int64_t length = context.Length(start);
  if (told != 1) context.Refuse("the child ended before it was killed", told);
  context.CheckEnd(pid, reaped, SIGKILL);
  return length;
}

// ---- the order of the first thread and another one

struct Pair {
  Context* context;
  int tid;
  int first;  // cleared by the kernel at the first thread's end
};

// The status of a process is its first thread's; since Linux 5.18 it is its last thread's
// (kernel/exit.c, synchronize_group_exit). Here they are the same.
[[noreturn]] void StampAndLeave(Context& context) {
  context.pages->stamp = 0;
  context.pages->stamp = context.Now();
  RawSyscall(__NR_exit, kChildStatus);
  __builtin_unreachable();
}

// Waits for the end of the first thread by the futex that the kernel clears then
// (set_tid_address(2)).
void LeaveLast(void* argument) {
  Pair& pair = *static_cast<Pair*>(argument);
  JoinThread(&pair.first);
  StampAndLeave(*pair.context);
}

void LeaveFirst(void*) { ExitThread(); }

template <bool kFirstLeavesFirst>
[[noreturn, gnu::noinline]] void LeaveInOrder(Context& context, const Stack& stack) {
  Pair pair{&context, 0, 1};
  char* const top = stack.top;
  if constexpr (kFirstLeavesFirst) {
    RawSyscall(__NR_set_tid_address, RawArg(&pair.first));
    if (sys::RawCloneOnStack(kThreadFlags, top, &pair.tid, &pair.tid, LeaveLast, &pair) < 0) Fail();
    RawSyscall(__NR_exit, kChildStatus);
  } else {
    if (sys::RawCloneOnStack(kThreadFlags, top, &pair.tid, &pair.tid, LeaveFirst, &pair) < 0)
      Fail();
    JoinThread(&pair.tid);
    StampAndLeave(context);
  }
  __builtin_unreachable();
}

template <bool kFirstLeavesFirst>
int64_t ExitOrder(Context& context, const Stack& stack) {
  context.status = -1;
  const long pid = sys::RawFork();
  if (pid == 0) LeaveInOrder<kFirstLeavesFirst>(context, stack);
  return ReapFromStamp(context, pid, kChildStatus << 8);
}

void NeedStack(Context& context, Stack& stack) {
  constexpr unsigned long kStackBytes = 16 * 1024;
  stack.top = MapSmall(context, kStackBytes) + kStackBytes;
}

// ---- the benchmarks

// From the child's last clock read until its parent has reaped it.
template <Literal kName, Literal kWhat>
consteval Benchmark End(const char* not_timed, Run run, const char* parameter = nullptr) {
  return {.name = Join<"exit/", kName, "/from:child_exit/to:reaped">,
          .measures = Join<"the end of a child ", kWhat>,
          .not_timed = not_timed,
          .from = Edge::kChildExit,
          .to = Edge::kReaped,
          .parameter = parameter,
          .children = 1,
          .faults = {kFewest, kMost},
          .run = run};
}

template <Literal kKey, Literal kNumber, Literal kWhat, Own kOwn, auto kPrepare = NeedOwn<kOwn>>
consteval Benchmark Owning() {
  return End<kJoined<kKey, ":", kNumber>,
             kJoined<"that owns ", kNumber, kWhat,
                     ", from its last clock read before _exit until it is reaped">>(
      "acquiring them", Repeat<ExitOwning<kOwn>, kPrepare>, Join<kKey>);
}

template <Literal kThreads, Literal kWhat>
consteval Benchmark Killed(const char* parameter = nullptr) {
  return {.name = Join<"exit/signal:kill", kThreads, "/to:reaped">,
          .measures = Join<"kill(2) with SIGKILL of a sleeping child", kWhat,
                           ", from the call until it is reaped">,
          .not_timed = "its creation",
          .from = Edge::kCall,
          .to = Edge::kReaped,
          .parameter = parameter,
          .children = 1,
          .faults = {kFewest, kMost},
          .run = Repeat<Kill, NeedOwn<Own::kThreads>>};
}

PROCMARK_BENCHMARKS kExit = List(
    Owning<"own", "1M", "iB of written memory", Own::kMemory>(),
    Owning<"own", "16M", "iB of written memory", Own::kMemory>(),
    Owning<"own", "64M", "iB of written memory", Own::kMemory>(),
    Owning<"own_thp", "64M", "iB of memory in transparent huge pages", Own::kTransparentHuge,
           NeedOwnHuge<Own::kTransparentHuge>>(),
    Owning<"own_hugetlb", "64M", "iB of memory of the hugetlb pool", Own::kHugetlb,
           NeedOwnHuge<Own::kHugetlb>>(),
    Owning<"own_vmas", "256", " mappings of one untouched page", Own::kMappings>(),
    Owning<"own_vmas", "4096", " mappings of one untouched page", Own::kMappings>(),
    Owning<"own_fds", "64", " descriptors that no other process shares", Own::kDescriptors>(),
    Owning<"own_fds", "900", " descriptors that no other process shares", Own::kDescriptors>(),
    Owning<"own_threads", "1", " sleeping threads, which it ends", Own::kThreads>(),
    Owning<"own_threads", "8", " sleeping threads, which it ends", Own::kThreads>(),
    Owning<"own_threads", "64", " sleeping threads, which it ends", Own::kThreads>(),
    End<"signal:kill_self",
        "that sends itself SIGKILL, from its last clock read before that until it is reaped">(
        "its creation", Repeat<ExitBySignal<Death::kKilledByItself>>),
    End<"signal:segv",
        "that writes to address 0 (no core file), from its last clock read before that until it is "
        "reaped">("its creation", Repeat<ExitBySignal<Death::kSegfault>>),
    End<"order:leader_first",
        "of two threads whose first has ended, from the other thread's last clock read before "
        "exit(2) until the process is reaped">("the first thread's end",
                                               Repeat<ExitOrder<true>, NeedStack>),
    End<"order:leader_last",
        "of two threads whose second has ended, from the first thread's last clock read before "
        "exit(2) until the process is reaped">("the second thread's end",
                                               Repeat<ExitOrder<false>, NeedStack>),
    Killed<"", "">(), Killed<"/own_threads:8", " of 8 threads more">("own_threads"),
    Killed<"/own_threads:64", " of 64 threads more">("own_threads"));

}  // namespace
}  // namespace procmark::subject
