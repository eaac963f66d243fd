// SPDX-License-Identifier: MIT
#include "harness/compare/effect_text.h"

#include <fmt/format.h>

#include <cmath>

namespace procmark::compare {

std::string PercentText(double relative) {
  const double percent = 100 * relative;
  if (std::abs(percent) < 0.005) return "0.00 %";
  return std::abs(percent) >= 100 ? fmt::format("{:+.1f} %", percent)
                                  : fmt::format("{:+.2f} %", percent);
}

std::string SizeText(double relative) {
  std::string text = PercentText(std::abs(relative));
  if (text.starts_with('+')) text.erase(0, 1);
  return text;
}

std::string IntervalText(const EffectInterval& interval) {
  return fmt::format("[{}, {}]", PercentText(interval.low), PercentText(interval.high));
}

}  // namespace procmark::compare
