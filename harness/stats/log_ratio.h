// SPDX-License-Identifier: MIT
// Log ratios of paired measurements.
#pragma once

#include <span>
#include <vector>

namespace procmark::stats {

// Returns log(b[i] / a[i]) for each i. Exchanging the sides only changes the sign.
// Throws std::invalid_argument if the lengths differ or if a value is not positive and finite.
std::vector<double> PairedLogRatios(std::span<const double> a, std::span<const double> b);

}  // namespace procmark::stats
