// The exact two-sided sign test.
#pragma once

#include <span>

namespace procmark::stats {

// The probability, if the median were `centre`, of a split of the values above and below it at
// least as uneven as this one. Values equal to `centre` say nothing and are left out (Conover); if
// none remain, the answer is 1. Needs independent values and nothing else.
// The smallest answer possible from n values is 2 / 2^n: fewer than 6 can never reach 0.05.
// Throws std::invalid_argument when a value is not finite.
double SignTest(std::span<const double> values, double centre = 0.0);

}  // namespace procmark::stats
