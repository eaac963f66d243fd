// SPDX-License-Identifier: MIT
#include "harness/sys/printable.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace procmark::sys {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// Whether text on a terminal may not hold this character: it changes the direction of writing
// (Unicode Standard Annex #9, section 2), or ends the line.
bool Misleads(uint32_t code) {
  return code == 0x61C || code == 0x200E || code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x206F);
}

// What the front of a text is.
struct Front {
  size_t bytes = 1;
  bool allowed = false;
};

Front FrontOf(std::string_view text) {
  const auto byte = [&text](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) {
    return {.bytes = 1,
            .allowed = (first >= 0x20 && first != 0x7F) || first == '\n' || first == '\t'};
  }
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return {};
  uint32_t code = first & (0xFFU >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = (code << 6) | (byte(i) & 0x3FU);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (overlong || surrogate || code > 0x10FFFF) return {};
  const bool forbidden = (code & 0xFFFE) == 0xFFFE;
  const bool control = code >= 0x80 && code <= 0x9F;  // C1: terminals interpret these
  return {.bytes = length, .allowed = !forbidden && !control && !Misleads(code)};
}

}  // namespace

std::string CleanText(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const Front front = FrontOf(text);
    if (text.front() != '\r') clean += front.allowed ? text.substr(0, front.bytes) : kReplacement;
    text.remove_prefix(front.bytes);
  }
  return clean;
}

// Source: actions/runner, src/Runner.Common/ActionCommand.cs: "::" counts after leading blanks,
// "##[" anywhere in a line. Azure Pipelines and TeamCity read the other two.
std::string TerminalText(std::string_view text) {
  constexpr std::array<std::string_view, 3> kOrders = {"##[", "##vso[", "##teamcity["};
  const std::string clean = CleanText(text);
  std::string safe;
  bool line_starts = true;
  for (size_t i = 0; i < clean.size(); ++i) {
    const std::string_view rest = std::string_view(clean).substr(i);
    safe += clean[i];
    const bool order = std::ranges::any_of(
        kOrders, [rest](std::string_view start) { return rest.starts_with(start); });
    if (order || (line_starts && rest.starts_with("::"))) safe += ' ';
    line_starts = clean[i] == '\n' || (line_starts && (clean[i] == ' ' || clean[i] == '\t'));
  }
  return safe;
}

std::string TerminalLine(std::string_view text) {
  std::string line = TerminalText(text);
  std::ranges::replace(line, '\n', ' ');
  std::ranges::replace(line, '\t', ' ');
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace procmark::sys
