// SPDX-License-Identifier: MIT
// A child that starts on another CPU than its parent. (A child that starts on the same CPU is a
// shape: cpu:same.)
#include <linux/mman.h>

#include "bench/subject/benchmark.h"
#include "bench/subject/cpus.h"
#include "bench/subject/memory.h"
#include "bench/subject/raw_thread.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

// The scheduler chooses the CPU. Children that start on the parent's CPU are reaped and not
// counted, and after too many of them in a row the benchmark is skipped.
constexpr int kMostTries = 1000;
constexpr const char* kNeverElsewhere =
    "the scheduler let no child begin on another CPU: tries in a row";

void NeedTwoCpus(const Context& context) {
  unsigned long allowed[128] = {};  // 8192 CPUs
  const long size = RawSyscall(__NR_sched_getaffinity, 0, sizeof allowed, RawArg(allowed));
  int cpus = 0;
  for (const unsigned long word : allowed) cpus += __builtin_popcountl(word);
  if (size < 0 || cpus < 2) context.Skip("the subject may use one CPU only");
}

void NeedForkElsewhere(Context& context) { NeedTwoCpus(context); }

[[noreturn, gnu::noinline]] void StampCpuAndExit(Context& context, int64_t call) {
  context.pages->stamp = context.Length(call);
  StoreToCpu(context);
  ExitChild();
}

int64_t ForkElsewhere(Context& context) {
  for (int i = 0; i < kMostTries; ++i) {
    context.status = -1;
    StoreFromCpu(context);
    const int64_t start = context.Now();
    const long pid = sys::RawFork();
    if (pid == 0) StampCpuAndExit(context, start);
    const long reaped = pid > 0 ? RawSyscall(__NR_wait4, pid, RawArg(&context.status), 0, 0) : pid;
    context.CheckChild(pid, reaped);
    if (context.pages->to_cpu != context.pages->from_cpu) {
      KeepCpus(context);
      return context.pages->stamp;
    }
    --context.children;
  }
  context.SkipAt(kNeverElsewhere, kMostTries);
}

// In the creator's frame, which the thread can see.
struct Shared {
  Context* context;
  int64_t call;
  int64_t stamp;
  int tid;
};

void RunThread(void* argument) {
  Shared& shared = *static_cast<Shared*>(argument);
  shared.stamp = shared.context->Length(shared.call);
  StoreToCpu(*shared.context);
  ExitThread();
}

void NeedThreadElsewhere(Context& context, Stack& stack) {
  constexpr unsigned long kStackBytes = 64 * 1024;
  NeedTwoCpus(context);
  stack = MapStack(context, kStackBytes);
}

int64_t ThreadElsewhere(Context& context, const Stack& stack) {
  char* const top = stack.top;
  for (int i = 0; i < kMostTries; ++i) {
    Shared shared{&context, 0, -1, 0};
    StoreFromCpu(context);
    shared.call = context.Now();
    const long tid =
        sys::RawCloneOnStack(kThreadFlags, top, &shared.tid, &shared.tid, RunThread, &shared);
    if (tid < 0) context.Refuse("no thread could be created: errno", -tid);
    JoinThread(&shared.tid);
    if (__atomic_load_n(&shared.stamp, __ATOMIC_ACQUIRE) < 0)
      context.Refuse("the thread ended and did not run: tid", tid);
    if (context.pages->to_cpu == context.pages->from_cpu) continue;
    ++context.children;
    KeepCpus(context);
    return shared.stamp;
  }
  context.SkipAt(kNeverElsewhere, kMostTries);
}

// These include the tasks that began on their parent's CPU.
constexpr FaultRange kOfForks = {1, int64_t{16} * kMostTries};
constexpr FaultRange kOfThreads = {0, kMostTries};

PROCMARK_BENCHMARKS kBirth = List(
    Benchmark{.name = "fork/cpu:other/to:child_start",
              .measures = "fork(2) from the call until the child, on another CPU than its parent "
                          "called on, reads the clock, the first thing that it does. Children that "
                          "began on the same CPU are left out",
              .not_timed = "its exit and its reaping",
              .from = Edge::kCall,
              .to = Edge::kChildStart,
              .tags = Tag::kBirth,
              .children = 1,
              .faults = kOfForks,
              .uncounted = Uncounted::kAll,
              .run = Repeat<ForkElsewhere, NeedForkElsewhere>},
    Benchmark{.name = "thread/cpu:other/to:child_start",
              .measures =
                  "clone(2) of a thread from the call until the thread, on another CPU than "
                  "its creator called on, reads the clock, the first thing that it does. "
                  "Threads that began on the same CPU are left out",
              .not_timed = "its end",
              .from = Edge::kCall,
              .to = Edge::kChildStart,
              .tags = Tag::kBirth,
              .children = 1,
              .faults = kOfThreads,
              .uncounted = Uncounted::kAll,
              .run = Repeat<ThreadElsewhere, NeedThreadElsewhere>});

}  // namespace
}  // namespace procmark::subject
