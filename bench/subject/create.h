// SPDX-License-Identifier: MIT
// Ways to create a child: the one definition of the spans that all of them share.
#pragma once

#include "bench/subject/benchmark.h"
#include "bench/subject/cpus.h"

namespace procmark::subject {

// In a child whose edge is timed. Not inlined: after a vfork the child runs on the stack of its
// suspended parent, and its own frame below keeps it from writing to the parent's.
template <Edge kFrom, Edge kTo>
[[noreturn, gnu::noinline]] void StampAndExit(Context& context, int64_t call) {
  if constexpr (kTo == Edge::kChildStart) {
    context.pages->stamp = context.Length(call);
    StoreToCpu(context);
  } else {
    context.pages->stamp = 0;  // takes the child's fault on the shared page before the edge
    StoreFromCpu(context);
    context.pages->stamp = context.Now();
  }
  ExitChild();
}

// One operation: `create` makes a child (it returns 0 in the child, else the pid or -errno), the
// child exits at once, and wait4(2) reaps it. Only the two edges of the span read a clock. Refuses
// unless exactly this child exited with kChildStatus.
template <Edge kFrom, Edge kTo, typename Create>
[[gnu::always_inline]] inline int64_t CreateAndReap(Context& context, Create create) {
  constexpr bool kChildStamps = kFrom == Edge::kChildExit || kTo == Edge::kChildStart;
  int64_t start = 0;
  context.status = -1;
  if constexpr (kTo == Edge::kChildStart) StoreFromCpu(context);
  if constexpr (kFrom == Edge::kCall) start = context.Now();
  const long pid = create();
  if (pid == 0) {
    if constexpr (kChildStamps) {
      StampAndExit<kFrom, kTo>(context, start);
    } else {
      ExitChild();
    }
  }
  int64_t length = 0;
  if constexpr (kTo == Edge::kParentReturn) length = context.Length(start);
  const long reaped =
      pid > 0 ? sys::RawSyscall(__NR_wait4, pid, sys::RawArg(&context.status), 0, 0) : pid;
  if constexpr (kTo == Edge::kReaped) {
    if constexpr (kFrom == Edge::kChildExit) {
      const int64_t end = context.Now();
      StoreToCpu(context);
      start = context.pages->stamp;
      length = context.slow_percent == 0 ? end - start : context.Spin(start, end) - start;
    } else {
      length = context.Length(start);
    }
  }
  context.CheckChild(pid, reaped);
  if constexpr (kTo == Edge::kChildStart) length = context.pages->stamp;
  if constexpr (kChildStamps) KeepCpus(context);
  return length;
}

// One sample. `Create` is constructed from the benchmark's state, if it has one, before the timed
// region, and called in it.
template <typename Create, Edge kFrom, Edge kTo, typename... State>
int64_t CreationSample(Context& context, State&... state) {
  return CreateAndReap<kFrom, kTo>(context, Create(state...));
}

namespace internal {

template <typename Create, Edge kFrom, Edge kTo, auto kPrepare>
constexpr Run CreationRun() {
  using State = typename StateOf<decltype(kPrepare)>::Type;
  if constexpr (std::is_void_v<State>) {
    return Repeat<CreationSample<Create, kFrom, kTo>, kPrepare>;
  } else {
    return Repeat<CreationSample<Create, kFrom, kTo, State>, kPrepare>;
  }
}

}  // namespace internal

// What the four benchmarks of Creation() have in common.
struct CreationFields {
  Tag tags = Tag::kNone;
  FaultRange faults;
};

// The four spans of one way to create a child: "NAME/to:reaped" and so on. kWhat names the
// operation in their sentences. kPrepare is as in Repeat<>.
template <Literal kName, Literal kWhat, typename Create, auto kPrepare = nullptr>
consteval Benchmarks<4> Creation(CreationFields fields) {
  using internal::CreationRun;
  const auto span = [&](const char* name, const char* measures, const char* not_timed, Edge from,
                        Edge to, Run run) {
    return Benchmark{.name = name,
                     .measures = measures,
                     .not_timed = not_timed,
                     .from = from,
                     .to = to,
                     .tags = fields.tags,
                     .children = 1,
                     .faults = fields.faults,
                     .run = run};
  };
  return {
      span(
          Join<kName, "/to:reaped">,
          Join<kWhat, " from the call until the child, which exits at once, is reaped by wait4(2)">,
          "the check of its status", Edge::kCall, Edge::kReaped,
          CreationRun<Create, Edge::kCall, Edge::kReaped, kPrepare>()),
      span(Join<kName, "/to:parent_return">, Join<"how long ", kWhat, " keeps its caller">,
           "the rest of the child's life, and its reaping", Edge::kCall, Edge::kParentReturn,
           CreationRun<Create, Edge::kCall, Edge::kParentReturn, kPrepare>()),
      span(Join<kName, "/to:child_start">,
           Join<kWhat,
                " from the call until the child reads the clock, the first thing that it does">,
           "its exit and its reaping", Edge::kCall, Edge::kChildStart,
           CreationRun<Create, Edge::kCall, Edge::kChildStart, kPrepare>()),
      span(Join<kName, "/from:child_exit/to:reaped">,
           Join<"the end of a child made by ", kWhat,
                ", from its last clock read before _exit until it is reaped by wait4(2)">,
           "its creation", Edge::kChildExit, Edge::kReaped,
           CreationRun<Create, Edge::kChildExit, Edge::kReaped, kPrepare>())};
}

}  // namespace procmark::subject
