// SPDX-License-Identifier: MIT
// Canaries of the measurement: the same operation under two names must compare as unchanged, and a
// known slowdown must be found.
#include "bench/subject/create.h"

namespace procmark::subject {
namespace {

// All three run this one function, so not even the alignment of their code differs.
int64_t Operation(Context& context) {
  return CreateAndReap<Edge::kCall, Edge::kReaped>(context, [] { return sys::RawFork(); });
}

constexpr uint32_t kSlowPercent = 5;

void SlowDown(Context& context) { context.slow_percent += kSlowPercent; }

consteval Benchmark Canary(const char* name, const char* measures, Run run) {
  return {.name = name,
          .measures = measures,
          .from = Edge::kCall,
          .to = Edge::kReaped,
          .children = 1,
          .faults = {1, 64},
          .run = run};
}

PROCMARK_BENCHMARKS kCanary =
    List(Canary("canary/base", "fork(2) until the child is reaped, as fork/to:reaped does",
                Repeat<Operation>),
         Canary("canary/twin", "the same as canary/base: any difference is this machine's noise",
                Repeat<Operation>),
         Canary("canary/slow5",
                "the same as canary/base, but reads the clock until each sample is 5 % longer: a "
                "comparison must find this difference",
                Repeat<Operation, SlowDown>));

}  // namespace
}  // namespace procmark::subject
