// SPDX-License-Identifier: MIT
// The exact confidence interval of a median, computed from order statistics.
#pragma once

#include <optional>
#include <span>

#include "harness/stats/interval.h"

namespace procmark::stats {

// Returns the narrowest symmetric pair of order statistics [x(k+1), x(n-k)] that contains the
// population's median with at least `confidence`. It only assumes independent values: the
// distribution may have any shape. It inverts the sign test: if no value equals m, then m is
// outside the interval exactly when SignTest(values, m) is at most 1 - confidence.
// Returns nothing if even [min, max] does not reach `confidence` (fewer than 6 values for 0.95).
// Throws std::invalid_argument if `confidence` is not inside (0, 1) or if a value is not finite.
// Source: Conover, "Practical Nonparametric Statistics", confidence interval for a quantile.
std::optional<Interval> MedianInterval(std::span<const double> values, double confidence);

// The minimal detectable effect, in half-widths of a 95 % interval: (1.96 + 0.84) / 1.96. An effect
// of 1.96 + 0.84 standard errors is found in 80 % of the attempts; the half-width is 1.96 of them.
inline constexpr double kDetectablePerHalfWidth = 1.43;

// Returns the smallest effect that about 80 % of such measurements would find: 1.43 times the
// half-width of the interval, in the unit of the interval.
double MinimalDetectableEffect(const Interval& interval);

}  // namespace procmark::stats
