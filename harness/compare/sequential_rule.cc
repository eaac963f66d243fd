// SPDX-License-Identifier: MIT
#include "harness/compare/sequential_rule.h"

#include <fmt/format.h>

#include <algorithm>

namespace procmark::compare {

NextStep SequentialRule(const Comparison& so_far) {
  NextStep step;
  for (const BenchmarkComparison& one : so_far.benchmarks) {
    if (one.method != Method::kPaired) continue;
    if (one.verdict == Verdict::kRegressed) {
      step.needs_confirmation.push_back(
          {one.benchmark, std::max(kFewestConfirmingPairs, one.pairs)});
    }
    if (one.verdict != Verdict::kInconclusive) continue;
    const auto* next = std::find_if(kLooks.begin(), kLooks.end(),
                                    [&one](int64_t look) { return 10 * one.pairs < 9 * look; });
    if (next != kLooks.end()) step.more.push_back({one.benchmark, one.pairs, *next});
  }
  return step;
}

Comparison Confirm(Comparison first, const Comparison& fresh) {
  for (BenchmarkComparison& one : first.benchmarks) {
    if (one.verdict != Verdict::kRegressed || one.method != Method::kPaired) continue;
    const auto again = std::find_if(
        fresh.benchmarks.begin(), fresh.benchmarks.end(),
        [&one](const BenchmarkComparison& other) { return other.benchmark == one.benchmark; });
    if (again == fresh.benchmarks.end()) {
      first.warnings.push_back(
          {one.benchmark, "the regression was not measured again, so it is not confirmed"});
    } else if (again->verdict == Verdict::kRegressed) {
      one.sentence += fmt::format("; confirmed by fresh pairs: {}", again->sentence);
    } else {
      one.verdict = Verdict::kInconclusive;
      one.sentence = fmt::format("regressed at first ({}), but not confirmed by fresh pairs ({})",
                                 one.sentence, again->sentence);
    }
  }
  return first;
}

}  // namespace procmark::compare
