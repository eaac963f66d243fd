// SPDX-License-Identifier: MIT
// Mistakes that List() and Repeat<> must not let compile, one for each number of MISTAKE. The tests
// in CMakeLists.txt compile each and look for its message. Without a mistake (0) it must compile.
#include "bench/subject/benchmark.h"

namespace procmark::subject {
namespace {

struct First {
  int number;
};
struct Second {
  int number;
};

int64_t Sample(Context&, First&) { return 0; }
#if MISTAKE == 1
void Prepare(Context&, Second&) {}
#else
void Prepare(Context&, First&) {}
#endif

PROCMARK_BENCHMARKS kMistake = List({
  .name = MISTAKE == 2 ? "example/from:child_start/to:reaped" : "example/to:reaped",
  .measures = MISTAKE == 3 ? "nothing." : "nothing", .from = Edge::kCall,
  .to = MISTAKE == 4 ? Edge::kParentReturn : Edge::kReaped, .faults = {MISTAKE == 5 ? 2 : 0, 1},
#if MISTAKE != 6
  .run = Repeat<Sample, Prepare>,
#endif
});

}  // namespace
}  // namespace procmark::subject
