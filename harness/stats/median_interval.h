// The exact confidence interval of a median, from order statistics alone.
#pragma once

#include <optional>
#include <span>

#include "harness/stats/interval.h"

namespace procmark::stats {

// The narrowest symmetric pair of order statistics [x(k+1), x(n-k)] that holds the population's
// median with at least `confidence`. It needs independent values and nothing else: no shape, no
// symmetry, no variance. It is the inversion of the sign test: without ties with m, SignTest(m)
// is at most 1 - confidence exactly where m lies outside the interval for that confidence.
// Empty when even [min, max] does not reach `confidence`: fewer than 6 values for 0.95.
// Throws std::invalid_argument when confidence is not inside (0, 1) or a value is not finite.
// Source: Conover, "Practical Nonparametric Statistics", confidence interval for a quantile.
std::optional<Interval> MedianInterval(std::span<const double> values, double confidence);

// How many standard errors an effect must be to be found in 80 % of the attempts, over how many
// make the half-width of a 95 % interval: (1.96 + 0.84) / 1.96.
inline constexpr double kDetectablePerHalfWidth = 1.43;

// The smallest effect that a measurement as noisy as this one would find in about 80 % of its
// repetitions, in the interval's own unit: 1.43 times the interval's half-width.
double MinimalDetectableEffect(const Interval& interval);

}  // namespace procmark::stats
