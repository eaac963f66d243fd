// Canaries of the measuring: the same operation under two names must compare as unchanged, and a
// known slowdown must be found.
#include "bench/subject/create.h"

namespace procmark::subject {
namespace {

// One function for all three, at one address: not even the code's alignment differs.
int64_t Operation(Context& context) {
  return CreateAndReap<Edge::kCall, Edge::kReaped>(context, [] { return sys::RawFork(); });
}

constexpr FaultRange kFaults = {1, 64};
constexpr uint32_t kSlowPercent = 5;

PROCMARK_BENCHMARKS kCanary[] = {
    {"canary/base", "Measures fork(2) until the child is reaped, as fork/to:reaped does.", "canary",
     Edge::kCall, Edge::kReaped, "raw", "canary", "", 1, 1, kFaults, nullptr, Repeat<Operation>},
    {"canary/twin", "Measures what canary/base measures: any difference is this machine's noise.",
     "canary", Edge::kCall, Edge::kReaped, "raw", "canary", "", 1, 1, kFaults, nullptr,
     Repeat<Operation>},
    {"canary/slow5",
     "Measures what canary/base measures, each sample then lengthened by 5 % of itself by reading "
     "the clock: a comparison that does not find it is blind.",
     "canary", Edge::kCall, Edge::kReaped, "raw", "canary", "", 1, 1, kFaults,
     [](Context& context) { context.slow_percent += kSlowPercent; }, Repeat<Operation>}};

}  // namespace
}  // namespace procmark::subject
