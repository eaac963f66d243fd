// SPDX-License-Identifier: MIT
#include "harness/compare/benchmark_ratio.h"

#include <algorithm>
#include <cmath>

#include "harness/compare/pairing.h"
#include "harness/stats/quantile.h"

namespace procmark::compare {

std::optional<BenchmarkRatio> EstimateRatio(const store::Run& run, const std::string& cell,
                                            const std::string& base, const std::string& other,
                                            double confidence) {
  const store::Clock clock = FindCell(run, cell).clock;
  const SideSlices slices = SlicesOf(Side{.run = &run, .cell = cell});
  const auto base_slices = slices.of.find(base);
  const auto other_slices = slices.of.find(other);
  if (base_slices == slices.of.end() || other_slices == slices.of.end()) return std::nullopt;
  BenchmarkRatio result;
  result.unit = base_slices->second.front()->slice.unit;
  if (clock == store::Clock::kExact) {
    result.base = ExactCost(base_slices->second);
    result.other = ExactCost(other_slices->second);
    if (!(result.base > 0 && result.other > 0)) return std::nullopt;
    result.estimate.n = std::min(base_slices->second.size(), other_slices->second.size());
    result.estimate.effect = std::log(result.other / result.base);
    return result;
  }
  std::vector<double> costs_base;
  std::vector<double> costs_other;
  for (const Pair& pair : PairByRound(base_slices->second, other_slices->second).pairs) {
    const double cost_base = SliceQ25(*pair.a);
    const double cost_other = SliceQ25(*pair.b);
    if (!(cost_base > 0 && cost_other > 0)) return std::nullopt;
    costs_base.push_back(cost_base);
    costs_other.push_back(cost_other);
  }
  if (costs_base.empty()) return std::nullopt;
  result.base = stats::Median(costs_base);
  result.other = stats::Median(costs_other);
  result.estimate = EstimatePaired(costs_base, costs_other, confidence);
  return result;
}

}  // namespace procmark::compare
