// What a thread leaves to the kernel at its end: locks that it holds, a registered rseq area.
#include <linux/futex.h>
#include <stddef.h>

#include "bench/subject/raw_thread.h"
#include "bench/subject/shape.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

constexpr unsigned long kStackBytes = 64 * 1024;
constexpr int kMostLocks = 2048;  // what the kernel walks at most (ROBUST_LIST_LIMIT)

struct Lock {
  robust_list link;
  int word;  // the owner's number; the kernel adds FUTEX_OWNER_DIED
};

// struct rseq, as of its first version (rseq(2), Linux 4.18).
struct alignas(32) RestartableArea {
  uint32_t cpu_id_start;
  uint32_t cpu_id;
  uint64_t critical_section;
  uint32_t flags;
  uint32_t padding[3];
};

// At the start of the area; the stack ends at its end.
struct Leaving {
  Context* context;
  int tid;  // cleared by the kernel when the thread is gone
  int owner;
  int64_t stamp;
  long answer;  // of the call that registers
  robust_list_head head;
  RestartableArea restartable;
  Lock locks[kMostLocks];
};

Leaving& LeavingOf(const Context& context) { return *static_cast<Leaving*>(context.area); }

void NeedLeaving(Context& context) {
  context.area_bytes = sizeof(Leaving) + kStackBytes;
  context.area = MapSmall(context, context.area_bytes);
  WriteEachPage(static_cast<char*>(context.area), context.area_bytes, context.page_bytes);
  LeavingOf(context).context = &context;
  if (context.amount > kMostLocks)
    context.SkipAt("the kernel gives up no more robust locks than", kMostLocks);
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
[[gnu::always_inline]] inline int64_t EndOf(Context& context) {
  Leaving& leaving = LeavingOf(context);
  char* const top = static_cast<char*>(context.area) + (context.area_bytes & ~15UL);
  const long tid =
      sys::RawCloneOnStack(kThreadFlags, top, &leaving.tid, &leaving.tid, kRun, &leaving);
  if (tid < 0) context.Refuse("no thread could be created: errno", -tid);
  JoinThread(&leaving.tid);
  const int64_t end = context.Now();
  if (leaving.answer == -38)  // ENOSYS
    context.Skip("this kernel has no such call (rseq: Linux 4.18, CONFIG_RSEQ)", -leaving.answer);
  if (leaving.answer != 0) context.Refuse("the thread could not register: errno", -leaving.answer);
  ++context.children;
  return context.Lengthen(end - leaving.stamp);
}

int64_t WithLocks(Context& context) {
  const int64_t length = EndOf<HoldLocks>(context);
  const Leaving& leaving = LeavingOf(context);
  for (uint64_t i = 0; i < context.amount; ++i) {
    const int word = __atomic_load_n(&leaving.locks[i].word, __ATOMIC_ACQUIRE);
    if (word != FUTEX_OWNER_DIED)
      context.Refuse("the kernel did not give up a lock of the dead thread; its word is", word);
  }
  return length;
}

int64_t WithArea(Context& context) { return EndOf<RegisterArea>(context); }

#define PROCMARK_LEAVING(name, what, sample, parameter)                                         \
  {                                                                                             \
    "thread/" name "/from:child_exit/to:reaped",                                                \
        "Measures the end of a thread made by clone(2) that " what                              \
        ", from its last clock read before exit(2) until its creator has seen by futex(2) "     \
        "that it is gone. Not timed: its creation.",                                            \
        "thread", Edge::kChildExit, Edge::kReaped, "raw", "thread", "", 1, 1, FaultRange{0, 4}, \
        NeedLeaving, Repeat<sample>, parameter                                                  \
  }

PROCMARK_BENCHMARKS kThreadExit[] = {
    PROCMARK_LEAVING("robust:1", "holds 1 lock of its robust list", WithLocks, "robust"),
    PROCMARK_LEAVING("robust:16", "holds 16 locks of its robust list", WithLocks, "robust"),
    PROCMARK_LEAVING("robust:1024", "holds 1024 locks of its robust list", WithLocks, "robust"),
    PROCMARK_LEAVING("rseq:registered", "has registered an rseq area", WithArea, "")};

}  // namespace
}  // namespace procmark::subject
