// SPDX-License-Identifier: MIT
#include "harness/sys/toml_guard.h"

#include <algorithm>

#include "harness/sys/printable.h"
#include "harness/sys/text.h"

namespace procmark::sys {
namespace {

constexpr int64_t kMostDots = 1000;
constexpr std::string_view kBlanks = " \t";
// What may follow the brackets of a table's name or of an array's first line.
constexpr std::string_view kMayFollow =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-\"'[]\r";

}  // namespace

std::optional<TomlFault> WhyNotParsed(std::string_view text) {
  int64_t number = 0;
  for (const std::string& whole : Split(text, '\n')) {
    ++number;
    std::string_view line = whole;
    if (number == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
    if (std::ranges::count(line, '.') > kMostDots) {
      return TomlFault{number, "this line has more than 1000 dots"};
    }
    const size_t bracket = std::min(line.find_first_not_of(kBlanks), line.size());
    line.remove_prefix(bracket);
    if (!line.starts_with('[')) continue;
    const size_t name = line.find_first_not_of(" \t[");
    if (name == std::string_view::npos || kMayFollow.find(line[name]) != std::string_view::npos) {
      continue;
    }
    return TomlFault{number, "a table's name cannot begin with '" +
                                 TerminalLine(line.substr(name, 1)) + "'; put it in quotes"};
  }
  return std::nullopt;
}

}  // namespace procmark::sys
