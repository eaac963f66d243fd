// Log ratios of paired measurements.
#pragma once

#include <span>
#include <vector>

namespace procmark::stats {

// log(b[i] / a[i]): what a difference costs in per cent, symmetric between the sides, so that
// exchanging them only changes the sign. No weights: every pair counts once.
// Throws std::invalid_argument when the sides differ in length or a value is not positive and
// finite.
std::vector<double> PairedLogRatios(std::span<const double> a, std::span<const double> b);

}  // namespace procmark::stats
