// SPDX-License-Identifier: MIT
// Formats relative effects, so that all sentences and reports show them alike.
#pragma once

#include <string>

#include "harness/compare/comparison.h"

namespace procmark::compare {

// "+5.02 %", "-0.40 %", "0.00 %" (no sign if all digits are zero); one decimal from 100 % on.
std::string PercentText(double relative);

// The size of an effect, without a sign: "5.02 %".
std::string SizeText(double relative);

// "[-0.40 %, +1.10 %]"
std::string IntervalText(const EffectInterval& interval);

}  // namespace procmark::compare
