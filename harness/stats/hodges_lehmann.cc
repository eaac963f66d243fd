// SPDX-License-Identifier: MIT
// Walsh averages and the signed-rank distribution.
#include "harness/stats/hodges_lehmann.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "harness/stats/quantile.h"

namespace procmark::stats {
namespace {

constexpr size_t kLargestExact = 60;

// How many of the sorted Walsh averages the interval leaves out at each end.
struct Cut {
  size_t count = 0;
  double missed = 0;  // 1 - confidence of the interval with this cut
};

// Returns the largest k with P(T <= k) <= allowed / 2, where T is the signed-rank statistic of n
// values. The interval runs from the (k + 1)th smallest to the (k + 1)th largest Walsh average.
std::optional<Cut> ExactCut(size_t n, double allowed) {
  const size_t largest_sum = n * (n + 1) / 2;
  std::vector<double> ways(largest_sum + 1, 0.0);  // number of subsets of {1..n} with each sum
  ways[0] = 1.0;
  for (size_t rank = 1; rank <= n; ++rank) {
    for (size_t sum = largest_sum; sum >= rank; --sum) ways[sum] += ways[sum - rank];
  }
  const double one = std::ldexp(1.0, -static_cast<int>(n));
  double tail = 0;
  std::optional<Cut> cut;
  for (size_t sum = 0; 2 * (sum + 1) < largest_sum + 1; ++sum) {
    tail += ways[sum] * one;
    if (2 * tail > allowed) break;
    cut = Cut{sum, 2 * tail};
  }
  return cut;
}

std::optional<Cut> NormalCut(size_t n, double allowed) {
  const auto size = static_cast<double>(n);
  const double mean = size * (size + 1) / 4;
  const double deviation = std::sqrt(size * (size + 1) * (2 * size + 1) / 24);
  const boost::math::normal_distribution<double> standard;
  const double z = boost::math::quantile(standard, allowed / 2);
  const double largest = std::floor(mean + z * deviation - 0.5);
  if (largest < 0) return std::nullopt;
  const double missed = 2 * boost::math::cdf(standard, (largest + 0.5 - mean) / deviation);
  return Cut{static_cast<size_t>(largest), missed};
}

}  // namespace

HodgesLehmannEstimate HodgesLehmann(std::span<const double> values, double confidence) {
  if (!(confidence > 0.0 && confidence < 1.0)) {
    throw std::invalid_argument("a confidence must be between 0 and 1");
  }
  std::vector<double> averages;
  averages.reserve(values.size() * (values.size() + 1) / 2);
  for (size_t i = 0; i < values.size(); ++i) {
    for (size_t j = i; j < values.size(); ++j) averages.push_back((values[i] + values[j]) / 2);
  }
  HodgesLehmannEstimate estimate;
  estimate.centre = Median(averages);  // throws for an empty list and for non-finite values
  std::sort(averages.begin(), averages.end());
  const double allowed = (1.0 - confidence) * (1.0 + 1e-9);
  const std::optional<Cut> cut = values.size() <= kLargestExact ? ExactCut(values.size(), allowed)
                                                                : NormalCut(values.size(), allowed);
  if (cut) {
    estimate.interval = Interval{averages[cut->count], averages[averages.size() - 1 - cut->count],
                                 1.0 - cut->missed};
  }
  return estimate;
}

}  // namespace procmark::stats
