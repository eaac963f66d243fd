// The end of a process: what it owns is torn down, a signal ends it, its leader or its last thread
// goes last.
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/signal.h>

#include "bench/subject/create.h"
#include "bench/subject/parked.h"
#include "bench/subject/raw_thread.h"
#include "bench/subject/shape.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

// What a child acquires before it ends: its own, shared with nobody.
enum class Own { kMemory, kMappings, kDescriptors, kThreads };

// In the child, where no Skip and no Refuse can end the parent: a wrong status tells instead.
[[noreturn]] void Fail() {
  RawSyscall(__NR_exit_group, 1);
  __builtin_unreachable();
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

// Reaps `pid`; the length from what the child left in the shared page until then.
[[gnu::always_inline]] inline int64_t ReapFromStamp(Context& context, long pid, int expected) {
  const long reaped = pid > 0 ? RawSyscall(__NR_wait4, pid, RawArg(&context.status), 0, 0) : pid;
  const int64_t end = context.Now();
  context.CheckEnd(pid, reaped, expected);
  return context.Lengthen(end - context.pages->stamp);
}

template <Own kWhat, unsigned long kAmount>
int64_t ExitOwning(Context& context) {
  context.status = -1;
  const long pid = sys::RawFork();
  if (pid == 0) {
    Acquire(context, kWhat, kAmount);
    StampAndExit<Edge::kChildExit, Edge::kReaped>(context, 0);
  }
  return ReapFromStamp(context, pid, kChildStatus << 8);
}

template <unsigned long kBytes>
void NeedTwice(Context& context) {
  NeedMemory(context, 2 * kBytes);
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

// A child, with threads beside its first, that says when it is about to sleep.
template <uint32_t kThreads>
int64_t Kill(Context& context) {
  int ready[2] = {-1, -1};
  if (RawSyscall(__NR_pipe2, RawArg(ready), 0) != 0) context.Refuse("no pipe could be had", 0);
  char byte = 0;
  context.status = -1;
  const long pid = sys::RawFork();
  if (pid == 0) {
    if constexpr (kThreads != 0) Acquire(context, Own::kThreads, kThreads);
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

// ---- the order of a leader and its thread

struct Pair {
  Context* context;
  int tid;
  int leader;
};

// The process's status is its leader's, since Linux 5.18 its last thread's (kernel/exit.c,
// synchronize_group_exit): here they are the same.
[[noreturn]] void StampAndLeave(Context& context) {
  context.pages->stamp = 0;
  context.pages->stamp = context.Now();
  RawSyscall(__NR_exit, kChildStatus);
  __builtin_unreachable();
}

// Waits until the leader is gone: its /proc entry's state is not asked for, but the futex that the
// kernel clears at its end (set_tid_address(2)).
void LeaveLast(void* argument) {
  Pair& pair = *static_cast<Pair*>(argument);
  JoinThread(&pair.leader);
  StampAndLeave(*pair.context);
}

void LeaveFirst(void*) { ExitThread(); }

template <bool kLeaderFirst>
[[noreturn, gnu::noinline]] void LeaveInOrder(Context& context) {
  Pair pair{&context, 0, 1};
  char* const top = static_cast<char*>(context.area) + context.area_bytes;
  if constexpr (kLeaderFirst) {
    RawSyscall(__NR_set_tid_address, RawArg(&pair.leader));
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

template <bool kLeaderFirst>
int64_t ExitOrder(Context& context) {
  context.status = -1;
  const long pid = sys::RawFork();
  if (pid == 0) LeaveInOrder<kLeaderFirst>(context);
  return ReapFromStamp(context, pid, kChildStatus << 8);
}

void NeedStack(Context& context) {
  context.area_bytes = 16 * 1024;
  context.area = MapSmall(context, context.area_bytes);
}

constexpr FaultRange kAny = {1, 40'000};

#define PROCMARK_EXIT(name, what, prepare, sample)                                              \
  {                                                                                             \
    "exit/" name "/from:child_exit/to:reaped", "Measures the end of a child " what ".", "exit", \
        Edge::kChildExit, Edge::kReaped, "raw", "exit", "", 1, 1, kAny, prepare, Repeat<sample> \
  }
#define PROCMARK_OWNING(name, what, own, amount, prepare)                                 \
  PROCMARK_EXIT(name,                                                                     \
                "that owns " what                                                         \
                ", from its last clock read before _exit until it is reaped. Not timed: " \
                "acquiring them",                                                         \
                prepare, (ExitOwning<own, amount>))

PROCMARK_BENCHMARKS kExit[] = {
    PROCMARK_OWNING("own:1M", "1 MiB of written memory", Own::kMemory, 1UL << 20,
                    NeedTwice<1UL << 20>),
    PROCMARK_OWNING("own:16M", "16 MiB of written memory", Own::kMemory, 16UL << 20,
                    NeedTwice<16UL << 20>),
    PROCMARK_OWNING("own:64M", "64 MiB of written memory", Own::kMemory, 64UL << 20,
                    NeedTwice<64UL << 20>),
    PROCMARK_OWNING("own_vmas:256", "256 mappings of one untouched page", Own::kMappings, 256,
                    nullptr),
    PROCMARK_OWNING("own_vmas:4096", "4096 mappings of one untouched page", Own::kMappings, 4096,
                    nullptr),
    PROCMARK_OWNING("own_fds:64", "64 descriptors that nobody shares", Own::kDescriptors, 64,
                    nullptr),
    PROCMARK_OWNING("own_fds:900", "900 descriptors that nobody shares", Own::kDescriptors, 900,
                    nullptr),
    PROCMARK_OWNING("own_threads:1", "1 sleeping thread, which it ends", Own::kThreads, 1, nullptr),
    PROCMARK_OWNING("own_threads:8", "8 sleeping threads, which it ends", Own::kThreads, 8,
                    nullptr),
    PROCMARK_OWNING("own_threads:64", "64 sleeping threads, which it ends", Own::kThreads, 64,
                    nullptr),
    PROCMARK_EXIT("signal:kill_self",
                  "that sends itself SIGKILL, from its last clock read before that until it is "
                  "reaped. Not timed: its creation",
                  nullptr, ExitBySignal<Death::kKilledByItself>),
    PROCMARK_EXIT("signal:segv",
                  "that writes to address 0 (no core file), from its last clock read before that "
                  "until it is reaped. Not timed: its creation",
                  nullptr, ExitBySignal<Death::kSegfault>),
    PROCMARK_EXIT("order:leader_first",
                  "of two threads whose leader is gone, from the last thread's last clock read "
                  "before exit(2) until the process is reaped. Not timed: the leader's end",
                  NeedStack, ExitOrder<true>),
    PROCMARK_EXIT("order:leader_last",
                  "of two threads whose other is gone, from the leader's last clock read before "
                  "exit(2) until the process is reaped. Not timed: the thread's end",
                  NeedStack, ExitOrder<false>),
    {"exit/signal:kill/to:reaped",
     "Measures kill(2) with SIGKILL of a sleeping child, from the call until it is reaped. Not "
     "timed: its creation.",
     "exit", Edge::kCall, Edge::kReaped, "raw", "exit", "", 1, 1, kAny, nullptr, Repeat<Kill<0>>},
    {"exit/signal:kill/own_threads:8/to:reaped",
     "Measures kill(2) with SIGKILL of a child of 9 sleeping threads, from the call until it is "
     "reaped. Not timed: its creation.",
     "exit", Edge::kCall, Edge::kReaped, "raw", "exit", "", 1, 1, kAny, nullptr, Repeat<Kill<8>>},
    {"exit/signal:kill/own_threads:64/to:reaped",
     "Measures kill(2) with SIGKILL of a child of 65 sleeping threads, from the call until it is "
     "reaped. Not timed: its creation.",
     "exit", Edge::kCall, Edge::kReaped, "raw", "exit", "", 1, 1, kAny, nullptr, Repeat<Kill<64>>}};

}  // namespace
}  // namespace procmark::subject
