// SPDX-License-Identifier: MIT
// The Hodges-Lehmann estimate of a centre, with its confidence interval.
#pragma once

#include <optional>
#include <span>

#include "harness/stats/interval.h"

namespace procmark::stats {

struct HodgesLehmannEstimate {
  double centre = 0;
  // Empty if there are too few values for the requested confidence (fewer than 6 for 0.95).
  std::optional<Interval> interval;
};

// Returns the median of all Walsh averages (x[i] + x[j]) / 2 with i <= j, and the interval that
// inverts the Wilcoxon signed-rank test. It is slightly more powerful than MedianInterval, but it
// assumes that the values are distributed symmetrically about their centre.
// Up to 60 values the signed-rank distribution is computed exactly. For more values this uses the
// normal approximation with continuity correction (error of the confidence below 0.001).
// Cost: n^2 / 2 averages.
// Throws std::invalid_argument if `values` is empty, if a value is not finite, or if `confidence`
// is not inside (0, 1).
HodgesLehmannEstimate HodgesLehmann(std::span<const double> values, double confidence);

}  // namespace procmark::stats
