// Threads by raw clone(2): no C library, a stack that is used again, an end seen by futex(2).
#include <linux/mman.h>

#include "bench/subject/cpus.h"
#include "bench/subject/raw_thread.h"

namespace procmark::subject {
namespace {

constexpr unsigned long kStackBytes = 64 * 1024;

// What the thread and its creator share; in the creator's frame, which the thread can see.
struct Shared {
  Context* context;
  int64_t call;
  int64_t stamp;
  int64_t token;  // the thread leaves its creator's count here: proof that it ran
  int tid;        // cleared and woken by the kernel when the thread is gone (set_tid_address(2))
};

template <Edge kFrom, Edge kTo>
void Run(void* argument) {
  Shared& shared = *static_cast<Shared*>(argument);
  Context& context = *shared.context;
  if constexpr (kTo == Edge::kChildStart) {
    shared.stamp = context.Length(shared.call);
    StoreToCpu(context);
  }
  shared.token = context.children + 1;
  if constexpr (kFrom == Edge::kChildExit) {
    StoreFromCpu(context);
    shared.stamp = context.Now();
  }
  ExitThread();
}

void NeedStack(Context& context) {
  const long stack = sys::RawMmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1);
  if (sys::RawFailed(stack)) context.Refuse("a stack could not be mapped: errno", -stack);
  context.area = reinterpret_cast<void*>(stack);
  context.area_bytes = kStackBytes;
}

template <Edge kFrom, Edge kTo>
int64_t Thread(Context& context) {
  Shared shared{};
  shared.context = &context;
  char* top = static_cast<char*>(context.area) + context.area_bytes;
  if constexpr (kTo == Edge::kChildStart) StoreFromCpu(context);
  if constexpr (kFrom == Edge::kCall) shared.call = context.Now();
  const long tid =
      sys::RawCloneOnStack(kThreadFlags, top, &shared.tid, &shared.tid, Run<kFrom, kTo>, &shared);
  int64_t length = 0;
  if constexpr (kTo == Edge::kParentReturn) length = context.Length(shared.call);
  if (tid > 0) JoinThread(&shared.tid);
  if constexpr (kTo == Edge::kReaped) {
    if constexpr (kFrom == Edge::kChildExit) {
      const int64_t end = context.Now();
      StoreToCpu(context);
      const int64_t start = __atomic_load_n(&shared.stamp, __ATOMIC_RELAXED);
      length = context.slow_percent == 0 ? end - start : context.Spin(start, end) - start;
    } else {
      length = context.Length(shared.call);
    }
  }
  if (tid < 0) context.Refuse("no thread could be created: errno", -tid);
  if (__atomic_load_n(&shared.token, __ATOMIC_ACQUIRE) != context.children + 1)
    context.Refuse("the thread ended without having run; it left", shared.token);
  ++context.children;
  if constexpr (kTo == Edge::kChildStart || kFrom == Edge::kChildExit) KeepCpus(context);
  if constexpr (kTo == Edge::kChildStart) length = __atomic_load_n(&shared.stamp, __ATOMIC_RELAXED);
  return length;
}

constexpr FaultRange kFaults = {0, 1};
#define PROCMARK_THREAD_WHAT "clone(2) of a thread on a stack used before"

PROCMARK_BENCHMARKS kThread[] = {
    {"thread/to:reaped",
     "Measures " PROCMARK_THREAD_WHAT
     ", from the call until its creator has seen by futex(2) that it is gone. Not timed: the "
     "making of the stack.",
     "thread", Edge::kCall, Edge::kReaped, "raw", "core", "", 1, 1, kFaults, NeedStack,
     Repeat<Thread<Edge::kCall, Edge::kReaped>>},
    {"thread/to:parent_return",
     "Measures how long " PROCMARK_THREAD_WHAT
     " keeps its caller. Not timed: the thread's life and its end.",
     "thread", Edge::kCall, Edge::kParentReturn, "raw", "core", "", 1, 1, kFaults, NeedStack,
     Repeat<Thread<Edge::kCall, Edge::kParentReturn>>},
    {"thread/to:child_start",
     "Measures " PROCMARK_THREAD_WHAT
     ", from the call until the thread reads the clock, the first thing it does. Not timed: its "
     "end.",
     "thread", Edge::kCall, Edge::kChildStart, "raw", "core", "", 1, 1, kFaults, NeedStack,
     Repeat<Thread<Edge::kCall, Edge::kChildStart>>},
    {"thread/from:child_exit/to:reaped",
     "Measures the end of a thread made by clone(2), from its last clock read before exit(2) until "
     "its creator has seen by futex(2) that it is gone. Not timed: its creation.",
     "thread", Edge::kChildExit, Edge::kReaped, "raw", "core", "", 1, 1, kFaults, NeedStack,
     Repeat<Thread<Edge::kChildExit, Edge::kReaped>>}};

}  // namespace
}  // namespace procmark::subject
