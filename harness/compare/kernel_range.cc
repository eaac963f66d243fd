// SPDX-License-Identifier: MIT
#include "harness/compare/kernel_range.h"

#include <fmt/format.h>

#include <charconv>
#include <sstream>
#include <stdexcept>

namespace procmark::compare {
namespace {

// Removes "1", "1.2" or "1.2.3" from the front of `text`. Sets `read` to the count of numbers.
KernelVersion ReadNumbers(std::string_view& text, size_t& read) {
  KernelVersion version{};
  read = 0;
  while (read < version.size()) {
    std::string_view rest = text;
    if (read > 0) {
      if (rest.empty() || rest.front() != '.') break;
      rest.remove_prefix(1);
    }
    if (rest.empty() || rest.front() < '0' || rest.front() > '9') break;
    const char* end = rest.data() + rest.size();
    const auto [stop, error] = std::from_chars(rest.data(), end, version[read]);
    if (error != std::errc()) break;
    ++read;
    text = std::string_view(stop, static_cast<size_t>(end - stop));
  }
  return version;
}

}  // namespace

std::optional<KernelVersion> ParseKernelVersion(std::string_view release) {
  size_t read = 0;
  const KernelVersion version = ReadNumbers(release, read);
  if (read < 2) return std::nullopt;
  return version;
}

KernelRange KernelRange::Parse(std::string_view text) {
  KernelRange range;
  range.text_ = text;
  std::istringstream words{std::string(text)};
  std::string word;
  while (words >> word) {
    const size_t number = word.find_first_not_of("<>=");
    Condition condition;
    condition.operation = word.substr(0, number);
    std::string_view rest =
        number == std::string::npos ? std::string_view() : std::string_view(word).substr(number);
    size_t read = 0;
    condition.version = ReadNumbers(rest, read);
    const std::string& operation = condition.operation;
    const bool known = operation == ">=" || operation == ">" || operation == "<=" ||
                       operation == "<" || operation == "=";
    if (!known || read == 0 || !rest.empty()) {
      throw std::invalid_argument(fmt::format(
          "'{}' is not a kernel condition: write an operator and a version, like >=5.10", word));
    }
    range.conditions_.push_back(condition);
  }
  if (range.conditions_.empty()) {
    throw std::invalid_argument("a kernel range needs a condition, like '>=5.10 <5.11'");
  }
  return range;
}

bool KernelRange::Contains(const KernelVersion& version) const {
  for (const Condition& condition : conditions_) {
    const std::string& operation = condition.operation;
    const bool holds = operation == ">="   ? version >= condition.version
                       : operation == ">"  ? version > condition.version
                       : operation == "<=" ? version <= condition.version
                       : operation == "<"  ? version < condition.version
                                           : version == condition.version;
    if (!holds) return false;
  }
  return true;
}

}  // namespace procmark::compare
