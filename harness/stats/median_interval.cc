// SPDX-License-Identifier: MIT
// The order-statistic interval of a median.
#include "harness/stats/median_interval.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace procmark::stats {

std::optional<Interval> MedianInterval(std::span<const double> values, double confidence) {
  if (!(confidence > 0.0 && confidence < 1.0)) {
    throw std::invalid_argument("a confidence must be between 0 and 1");
  }
  if (values.empty()) return std::nullopt;
  std::vector<double> sorted(values.begin(), values.end());
  if (!std::all_of(sorted.begin(), sorted.end(), [](double x) { return std::isfinite(x); })) {
    throw std::invalid_argument("a value is not finite");
  }
  std::sort(sorted.begin(), sorted.end());

  const size_t n = sorted.size();
  const boost::math::binomial_distribution<double> below(static_cast<double>(n), 0.5);
  const auto missed = [&below](size_t rank) {
    return 2.0 * boost::math::cdf(below, static_cast<double>(rank));
  };
  // Tolerates rounding errors where a rank meets the confidence exactly (n = 5, 0.9375).
  const double allowed = (1.0 - confidence) * (1.0 + 1e-9);
  if (missed(0) > allowed) return std::nullopt;
  size_t rank = 0;
  while (2 * (rank + 1) + 1 < n && missed(rank + 1) <= allowed) ++rank;
  return Interval{sorted[rank], sorted[n - 1 - rank], 1.0 - missed(rank)};
}

double MinimalDetectableEffect(const Interval& interval) {
  return kDetectablePerHalfWidth * (interval.high - interval.low) / 2.0;
}

}  // namespace procmark::stats
