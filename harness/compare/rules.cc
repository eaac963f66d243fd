// SPDX-License-Identifier: MIT
#include "harness/compare/rules.h"

#include <cmath>

namespace procmark::compare {

double ThresholdOf(const Rules& rules, const std::string& benchmark) {
  const auto own = rules.thresholds.find(benchmark);
  return own == rules.thresholds.end() ? rules.threshold : own->second;
}

bool ReachesThreshold(double log_effect, double threshold) {
  return std::abs(log_effect) >= std::log1p(threshold) - 1e-12;
}

}  // namespace procmark::compare
