// SPDX-License-Identifier: MIT
// The Benjamini-Hochberg procedure: controls the false discovery rate over many tests.
#pragma once

#include <span>
#include <vector>

namespace procmark::stats {

// Returns the adjusted p-values, in the order of `p_values`. If a caller rejects every test whose
// adjusted value is at most q, the expected share of false rejections among all rejections is at
// most q. This holds for independent and for positively dependent tests.
// Throws std::invalid_argument if a p-value is outside [0, 1].
// Source: Benjamini and Hochberg, "Controlling the False Discovery Rate", 1995.
std::vector<double> BenjaminiHochberg(std::span<const double> p_values);

}  // namespace procmark::stats
