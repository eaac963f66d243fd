// SPDX-License-Identifier: MIT
// Threads by raw clone(2), without a C library: on a stack that is used again, joined by futex(2).
#include <linux/mman.h>

#include "bench/subject/benchmark.h"
#include "bench/subject/cpus.h"
#include "bench/subject/memory.h"
#include "bench/subject/raw_thread.h"

namespace procmark::subject {
namespace {

constexpr unsigned long kStackBytes = 64 * 1024;

// What the thread and its creator share. It lies in the creator's frame.
struct Shared {
  Context* context;
  int64_t call;
  int64_t stamp;
  int64_t token;  // the thread stores its creator's count here, which proves that it ran
  int tid;        // the kernel clears and wakes it when the thread is gone (set_tid_address(2))
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

void NeedStack(Context& context, Stack& state) {
  const long stack = sys::RawMmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1);
  if (sys::RawFailed(stack)) context.Refuse("a stack could not be mapped: errno", -stack);
  state.top = reinterpret_cast<char*>(stack) + kStackBytes;
}

template <Edge kFrom, Edge kTo>
int64_t Thread(Context& context, const Stack& stack) {
  Shared shared{};
  shared.context = &context;
  char* const top = stack.top;
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
    context.Refuse("the thread ended and did not run; it stored", shared.token);
  ++context.children;
  if constexpr (kTo == Edge::kChildStart || kFrom == Edge::kChildExit) KeepCpus(context);
  if constexpr (kTo == Edge::kChildStart) length = __atomic_load_n(&shared.stamp, __ATOMIC_RELAXED);
  return length;
}

template <Literal kSpan, Edge kFrom, Edge kTo>
consteval Benchmark ThreadSpan(const char* measures, const char* not_timed) {
  return {.name = Join<"thread/", kSpan>,
          .measures = measures,
          .not_timed = not_timed,
          .from = kFrom,
          .to = kTo,
          .tags = Tag::kCore,
          .children = 1,
          .faults = {0, 1},
          .run = Repeat<Thread<kFrom, kTo>, NeedStack>};
}

PROCMARK_BENCHMARKS kThread = List(
    ThreadSpan<"to:reaped", Edge::kCall, Edge::kReaped>(
        "clone(2) of a thread on a stack used before, from the call until its creator has seen by "
        "futex(2) that it is gone",
        "the creation of the stack"),
    ThreadSpan<"to:parent_return", Edge::kCall, Edge::kParentReturn>(
        "how long clone(2) of a thread on a stack used before keeps its caller",
        "the thread's life and its end"),
    ThreadSpan<"to:child_start", Edge::kCall, Edge::kChildStart>(
        "clone(2) of a thread on a stack used before, from the call until the thread reads the "
        "clock, the first thing that it does",
        "its end"),
    ThreadSpan<"from:child_exit/to:reaped", Edge::kChildExit, Edge::kReaped>(
        "the end of a thread made by clone(2), from its last clock read before exit(2) until its "
        "creator has seen by futex(2) that it is gone",
        "its creation"));

}  // namespace
}  // namespace procmark::subject
