// SPDX-License-Identifier: MIT
// The exact two-sided sign test.
#pragma once

#include <span>

namespace procmark::stats {

// Returns the p-value of the hypothesis that the median is `centre`: the probability of a split of
// the values above and below `centre` that is at least as uneven as the observed one.
// The test only assumes independent values. Values equal to `centre` are left out (Conover); if
// none remain, the result is 1. The smallest possible result for n values is 2 / 2^n, so fewer
// than 6 values never reach 0.05.
// Throws std::invalid_argument if a value is not finite.
double SignTest(std::span<const double> values, double centre = 0.0);

}  // namespace procmark::stats
