// SPDX-License-Identifier: MIT
// What programs pay that create a thread through the C library: pthread_create(3) and
// pthread_join(3).
#include <pthread.h>

#include "bench/subject/benchmark.h"
#include "bench/subject/cpus.h"

namespace procmark::subject {
namespace {

// In the creator's frame; it outlives the thread.
struct Shared {
  Context* context;
  int64_t call;
  int64_t stamp;
};

template <Edge kTo>
void* Run(void* argument) {
  if constexpr (kTo == Edge::kChildStart) {
    Shared& shared = *static_cast<Shared*>(argument);
    shared.stamp = shared.context->Length(shared.call);
    StoreToCpu(*shared.context);
  }
  return argument;
}

template <Edge kTo>
int64_t Pthread(Context& context) {
  Shared shared{&context, 0, 0};
  pthread_t thread{};
  void* returned = nullptr;
  if constexpr (kTo == Edge::kChildStart) StoreFromCpu(context);
  shared.call = context.Now();
  const int error = pthread_create(&thread, nullptr, Run<kTo>, &shared);
  if (error != 0) context.Refuse("no thread could be created: errno", error);
  const int joined = pthread_join(thread, &returned);
  int64_t length = 0;
  if constexpr (kTo == Edge::kReaped) length = context.Length(shared.call);
  if (joined != 0) context.Refuse("the thread could not be joined: errno", joined);
  if (returned != &shared) context.Refuse("the thread did not return its argument", 0);
  ++context.children;
  if constexpr (kTo == Edge::kChildStart) {
    length = shared.stamp;
    KeepCpus(context);
  }
  return length;
}

PROCMARK_BENCHMARKS kLibcThread = List(
    Benchmark{.name = "thread/form:libc/to:reaped",
              .measures = "pthread_create(3) with default attributes until pthread_join(3) has "
                          "returned; the stack comes from the C library's cache",
              .not_timed = "the check of what the thread returned",
              .from = Edge::kCall,
              .to = Edge::kReaped,
              .tags = Tag::kCore,
              .children = 1,
              .faults = {0, 8},
              .run = Repeat<Pthread<Edge::kReaped>>},
    Benchmark{.name = "thread/form:libc/to:child_start",
              .measures = "pthread_create(3) with default attributes until the thread reads the "
                          "clock, the first thing that it does; the stack comes from the C "
                          "library's cache",
              .not_timed = "its end",
              .from = Edge::kCall,
              .to = Edge::kChildStart,
              .tags = Tag::kCore,
              .children = 1,
              .faults = {0, 8},
              .run = Repeat<Pthread<Edge::kChildStart>>});

}  // namespace
}  // namespace procmark::subject
