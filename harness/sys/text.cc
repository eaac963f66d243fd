// SPDX-License-Identifier: MIT
#include "harness/sys/text.h"

#include <cmath>

#include "harness/sys/complaint.h"

namespace procmark::sys {

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string> SplitNonEmpty(std::string_view text, char separator) {
  std::vector<std::string> parts = Split(text, separator);
  std::erase(parts, "");
  return parts;
}

std::optional<double> ParseReal(std::string_view text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || !std::isfinite(number)) return std::nullopt;
  return number;
}

std::optional<int64_t> ParseBytes(std::string_view text) {
  constexpr std::string_view kUnits = "KMGT";
  const size_t unit = text.empty() ? std::string_view::npos : kUnits.find(text.back());
  const size_t shift = unit == std::string_view::npos ? 0 : 10 * (unit + 1);
  if (shift != 0) text.remove_suffix(1);
  const std::optional<int64_t> number = ParseNumber<int64_t>(text);
  if (!number || *number < 0 || *number > (INT64_MAX >> shift)) return std::nullopt;
  return *number << shift;
}

int64_t RequireNumber(const std::string& what, std::string_view text, int64_t least, int64_t most) {
  const std::optional<int64_t> number = ParseNumber<int64_t>(text);
  if (number && *number >= least && *number <= most) return *number;
  ThrowUsage(what + " must be a whole number from " + std::to_string(least) + " to " +
             std::to_string(most) + ", not '" + std::string(text) + "'");
}

}  // namespace procmark::sys
