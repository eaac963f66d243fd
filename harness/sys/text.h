// SPDX-License-Identifier: MIT
// Splits text and reads numbers from it. Everything is strict: text that is only partly a number is
// no number.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace procmark::sys {

// The parts of `text` between the separators, empty ones included: "a,,b" has three, "" has one.
std::vector<std::string> Split(std::string_view text, char separator);
// The same without the empty parts: "a,,b" has two, "" has none.
std::vector<std::string> SplitNonEmpty(std::string_view text, char separator);

// The integer that the whole of `text` is, in digits of `base` with at most a leading '-'. Nothing
// for "", "+1", " 1", "1 ", "0x10", or a number that T cannot hold. Async-signal-safe.
template <std::integral T>
std::optional<T> ParseNumber(std::string_view text, int base = 10) {
  T number{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

// The finite number that the whole of `text` is, such as "1.5" or "2e-3".
std::optional<double> ParseReal(std::string_view text);

// The bytes of "4096", "64K", "16M", "1G" or "2T" (units of 1024). Nothing for any other text, or
// for more than 2^63 - 1.
std::optional<int64_t> ParseBytes(std::string_view text);

// The integer that `text` is. Throws a usage Complaint, "WHAT must be a whole number from LEAST to
// MOST, not 'TEXT'", when it is none or lies outside.
int64_t RequireNumber(const std::string& what, std::string_view text, int64_t least, int64_t most);

}  // namespace procmark::sys
