// SPDX-License-Identifier: MIT
// What the kernel must clean up at a thread's end: locks that it holds, a registered rseq area.
#include <linux/errno.h>
#include <linux/futex.h>
#include <stddef.h>

#include "bench/subject/benchmark.h"
#include "bench/subject/memory.h"
#include "bench/subject/raw_thread.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

constexpr unsigned long kStackBytes = 64 * 1024;
constexpr int kMostLocks = 2048;  // the kernel walks no more (ROBUST_LIST_LIMIT)

struct Lock {
  robust_list link;
  int word;  // the owner's tid; the kernel adds FUTEX_OWNER_DIED
};

// struct rseq in its first version (rseq(2), Linux 4.18).
struct alignas(32) RestartableArea {
  uint32_t cpu_id_start;
  uint32_t cpu_id;
  uint64_t critical_section;
  uint32_t flags;
  uint32_t padding[3];
};

// What a thread and its creator share.
struct Leaving {
  Context* context;
  int tid;  // the kernel clears it when the thread is gone
  int owner;
  int64_t stamp;
  long answer;  // of the registering call
  robust_list_head head;
  RestartableArea restartable;
  Lock locks[kMostLocks];
};

// One mapping: the Leaving, then the thread's stack.
struct LeavingThread {
  Leaving* leaving;
  char* top;
};

void NeedLeaving(Context& context, LeavingThread& thread) {
  const unsigned long bytes = sizeof(Leaving) + kStackBytes;
  char* const area = MapSmall(context, bytes);
  WriteEachPage(area, bytes, context.page_bytes);
  thread.leaving = reinterpret_cast<Leaving*>(area);
  thread.top = area + (bytes & ~15UL);
  thread.leaving->context = &context;
  if (context.amount > kMostLocks)
    context.SkipAt("the kernel releases no more robust locks than", kMostLocks);
}

void HoldLocks(void* argument) {
  Leaving& leaving = *static_cast<Leaving*>(argument);
  const uint64_t locks = leaving.context->amount;
  leaving.owner = static_cast<int>(RawSyscall(__NR_gettid));
  robust_list* last = &leaving.head.list;
  for (uint64_t i = 0; i < locks; ++i) {
    leaving.locks[i].word = leaving.owner;
    last->next = &leaving.locks[i].link;
    last = last->next;
  }
  last->next = &leaving.head.list;
  leaving.head.futex_offset =
      static_cast<long>(offsetof(Lock, word)) - static_cast<long>(offsetof(Lock, link));
  leaving.head.list_op_pending = nullptr;
  leaving.answer = RawSyscall(__NR_set_robust_list, RawArg(&leaving.head), sizeof leaving.head);
  leaving.stamp = leaving.context->Now();
  ExitThread();
}

void RegisterArea(void* argument) {
  constexpr uint32_t kSignature = 0x53053053;
  Leaving& leaving = *static_cast<Leaving*>(argument);
  leaving.restartable = RestartableArea{};
  leaving.answer = RawSyscall(__NR_rseq, RawArg(&leaving.restartable), sizeof leaving.restartable,
                              0, kSignature);
  leaving.stamp = leaving.context->Now();
  ExitThread();
}

template <void (*kRun)(void*)>
[[gnu::always_inline]] inline int64_t EndOf(Context& context, const LeavingThread& thread) {
  Leaving& leaving = *thread.leaving;
  char* const top = thread.top;
  const long tid =
      sys::RawCloneOnStack(kThreadFlags, top, &leaving.tid, &leaving.tid, kRun, &leaving);
  if (tid < 0) context.Refuse("no thread could be created: errno", -tid);
  JoinThread(&leaving.tid);
  const int64_t end = context.Now();
  if (leaving.answer == -ENOSYS)
    context.Skip("this kernel has no rseq(2) (Linux 4.18, CONFIG_RSEQ)", -leaving.answer);
  if (leaving.answer != 0) context.Refuse("the thread could not register: errno", -leaving.answer);
  ++context.children;
  return context.Lengthen(end - leaving.stamp);
}

int64_t WithLocks(Context& context, const LeavingThread& thread) {
  const int64_t length = EndOf<HoldLocks>(context, thread);
  const Leaving& leaving = *thread.leaving;
  for (uint64_t i = 0; i < context.amount; ++i) {
    const int word = __atomic_load_n(&leaving.locks[i].word, __ATOMIC_ACQUIRE);
    if (word != FUTEX_OWNER_DIED)
      context.Refuse("the kernel did not release a lock of the dead thread; its word is", word);
  }
  return length;
}

int64_t WithArea(Context& context, const LeavingThread& thread) {
  return EndOf<RegisterArea>(context, thread);
}

template <Literal kName, Literal kWhat>
consteval Benchmark End(Run run, const char* parameter = nullptr) {
  return {.name = Join<"thread/", kName, "/from:child_exit/to:reaped">,
          .measures = Join<"the end of a thread made by clone(2) that ", kWhat,
                           ", from its last clock read before exit(2) until its creator has seen "
                           "by futex(2) that it is gone">,
          .not_timed = "its creation",
          .from = Edge::kChildExit,
          .to = Edge::kReaped,
          .parameter = parameter,
          .children = 1,
          .faults = {0, 4},
          .run = run};
}

PROCMARK_BENCHMARKS kThreadExit = List(
    End<"robust:1", "holds 1 lock of its robust list">(Repeat<WithLocks, NeedLeaving>, "robust"),
    End<"robust:16", "holds 16 locks of its robust list">(Repeat<WithLocks, NeedLeaving>, "robust"),
    End<"robust:1024", "holds 1024 locks of its robust list">(Repeat<WithLocks, NeedLeaving>,
                                                              "robust"),
    End<"rseq:registered", "has registered an rseq area">(Repeat<WithArea, NeedLeaving>));

}  // namespace
}  // namespace procmark::subject
