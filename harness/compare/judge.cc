// SPDX-License-Identifier: MIT
#include "harness/compare/judge.h"

#include "harness/stats/quantile.h"

namespace procmark::compare {

std::vector<BenchmarkComparison> ShowWithoutVerdict(const std::vector<Matched>& matched) {
  std::vector<BenchmarkComparison> results;
  for (const Matched& one : matched) {
    BenchmarkComparison result = Describe(one);
    result.verdict = Verdict::kShown;
    if (result.a_per_operation > 0) {
      result.effect = result.b_per_operation / result.a_per_operation - 1;
    }
    result.sentence = "emulated time is shown but never judged; use the exact clock";
    results.push_back(std::move(result));
  }
  return results;
}

BenchmarkComparison Describe(const Matched& matched) {
  BenchmarkComparison result;
  result.benchmark = matched.benchmark;
  result.unit = matched.b.front()->slice.unit;
  result.slices_a = static_cast<int64_t>(matched.a.size());
  result.slices_b = static_cast<int64_t>(matched.b.size());
  result.operations_a = matched.a.front()->slice.operations;
  result.operations_b = matched.b.front()->slice.operations;
  result.a_per_operation = stats::Median(CostsOf(matched.a));
  result.b_per_operation = stats::Median(CostsOf(matched.b));
  return result;
}

std::vector<double> CostsOf(const SliceList& slices) {
  std::vector<double> costs;
  for (const store::Slice* slice : slices) costs.push_back(SliceQ25(*slice));
  return costs;
}

}  // namespace procmark::compare
