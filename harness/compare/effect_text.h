// Relative effects as text, the same in every sentence and every report.
#pragma once

#include <string>

#include "harness/compare/comparison.h"

namespace procmark::compare {

// "+5.02 %", "-0.40 %", "0.00 %"; one decimal from 100 % on. The sign is left out where the digits
// shown are all zero.
std::string PercentText(double relative);

// "[-0.40 %, +1.10 %]"
std::string IntervalText(const EffectInterval& interval);

}  // namespace procmark::compare
