// SPDX-License-Identifier: MIT
#include "harness/report/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace procmark::report {
namespace {

std::string Grouped(const std::string& digits) {
  std::string out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

std::string WithDecimals(double value, int decimals) {
  const std::string text = fmt::format("{:.{}f}", std::abs(value), decimals);
  const size_t point = text.find('.');
  const std::string whole = Grouped(text.substr(0, point));
  const std::string rest = point == std::string::npos ? "" : text.substr(point);
  return fmt::format("{}{}{}", value < 0 ? "-" : "", whole, rest);
}

}  // namespace

std::string CountText(int64_t count) {
  const std::string text = std::to_string(count);
  return count < 0 ? fmt::format("-{}", Grouped(text.substr(1))) : Grouped(text);
}

std::string CostText(double cost, const std::string& unit) {
  if (!std::isfinite(cost)) return "-";
  if (unit == "instructions") return WithDecimals(cost, cost == std::floor(cost) ? 0 : 2);
  const double size = std::abs(cost);
  return WithDecimals(cost, size >= 1000 ? 0 : size >= 100 ? 1 : 2);
}

std::string PerOperationText(const std::map<std::string, double>& counts, const std::string& name) {
  const auto found = counts.find(name);
  if (found == counts.end() || !std::isfinite(found->second)) return "-";
  return WithDecimals(found->second, found->second == std::floor(found->second) ? 0 : 2);
}

std::string SlopeText(double slope) {
  constexpr int kDigits = 3;
  constexpr int kMostDecimals = 6;
  if (!std::isfinite(slope)) return "-";
  if (slope == 0) return "0";
  const int before = static_cast<int>(std::floor(std::log10(std::abs(slope)))) + 1;
  return WithDecimals(slope, std::clamp(kDigits - before, 0, kMostDecimals));
}

std::string RatioText(double ratio) { return fmt::format("{:.4f}", ratio); }

}  // namespace procmark::report
