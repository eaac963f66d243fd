// Benjamini and Hochberg's control of the share of false discoveries among many tests.
#pragma once

#include <span>
#include <vector>

namespace procmark::stats {

// The adjusted p-values, in the order given: rejecting those of at most q keeps the expected share
// of false rejections among all rejections at or below q, for independent tests and for positively
// dependent ones. An empty list gives an empty one.
// Throws std::invalid_argument when a p-value is outside [0, 1].
// Source: Benjamini and Hochberg, "Controlling the False Discovery Rate", 1995.
std::vector<double> BenjaminiHochberg(std::span<const double> p_values);

}  // namespace procmark::stats
