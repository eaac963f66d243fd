// The one definition of the spans that all process-creating primitives share.
#pragma once

#include "bench/subject/cpus.h"

namespace procmark::subject {

// In a child whose edge is being timed. Not inlined: with vfork the child runs on the stack of its
// suspended parent, and only a frame of its own below keeps it from writing to the parent's.
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

// One operation: `create` makes a child (0 in the child, else its pid or -errno); the child exits
// at once; wait4(2) reaps it. Only the two edges of the span read a clock. Refuses unless exactly
// this child ended as it should.
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

// One sample of a primitive: `Create` is made from the context before the timed region and called
// in it.
template <typename Create, Edge kFrom, Edge kTo>
int64_t CreationSample(Context& context) {
  return CreateAndReap<kFrom, kTo>(context, Create(context));
}

#define PROCMARK_CREATION_SPAN(name, sentence, family, tags, faults, prepare, create, from, to) \
  {                                                                                             \
    name, sentence, family, from, to, "raw", tags, "", 1, 1, faults, prepare,                   \
        Repeat<CreationSample<create, from, to>>                                                \
  }

// The four benchmarks of one primitive, as elements of a PROCMARK_BENCHMARKS array: `name` and
// `family` as in Benchmark, `what` the operation in the words of its sentences, `create` the type
// that CreationSample takes. The second form is of benchmarks that are not in the core set.
#define PROCMARK_CREATION_TAGGED(name, what, family, tags, faults, prepare, create)              \
  PROCMARK_CREATION_SPAN(name "/to:reaped",                                                      \
                         "Measures " what                                                        \
                         " from the call until the child, which exits at "                       \
                         "once, is reaped by wait4(2). Not timed: the check of its status.",     \
                         family, tags, faults, prepare, create, Edge::kCall, Edge::kReaped),     \
      PROCMARK_CREATION_SPAN(name "/to:parent_return",                                           \
                             "Measures how long " what                                           \
                             " keeps its caller. Not timed: what is "                            \
                             "left of the child's life, and its reaping.",                       \
                             family, tags, faults, prepare, create, Edge::kCall,                 \
                             Edge::kParentReturn),                                               \
      PROCMARK_CREATION_SPAN(name "/to:child_start",                                             \
                             "Measures " what                                                    \
                             " from the call until the child reads the clock, "                  \
                             "the first thing it does. Not timed: its exit and its reaping.",    \
                             family, tags, faults, prepare, create, Edge::kCall,                 \
                             Edge::kChildStart),                                                 \
      PROCMARK_CREATION_SPAN(name "/from:child_exit/to:reaped",                                  \
                             "Measures the end of a child made by " what                         \
                             ", from its last clock "                                            \
                             "read before _exit until it is reaped by wait4(2). Not timed: its " \
                             "creation.",                                                        \
                             family, tags, faults, prepare, create, Edge::kChildExit,            \
                             Edge::kReaped)
#define PROCMARK_CREATION(name, what, family, faults, prepare, create) \
  PROCMARK_CREATION_TAGGED(name, what, family, "core", faults, prepare, create)

}  // namespace procmark::subject
