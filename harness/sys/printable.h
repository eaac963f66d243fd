// SPDX-License-Identifier: MIT
// Makes text from elsewhere (a stored run, a guest, a file, another program) safe to print on a
// terminal and into the log of a CI service.
#pragma once

#include <string>
#include <string_view>

namespace procmark::sys {

// Returns valid UTF-8 that XML 1.0 allows. U+FFFD takes the place of invalid bytes, of control
// characters other than tab and newline, of characters that change the direction of writing, and of
// Unicode's own line and paragraph separators. Carriage returns are removed.
std::string CleanText(std::string_view text);

// CleanText that gives no order to a CI service: "::" at the start of a line and the "##" of
// "##[", "##vso[" and "##teamcity[" are broken up by a blank. Newlines stay.
std::string TerminalText(std::string_view text);

// TerminalText on one line: newlines and tabs become blanks, those at the end are cut off.
std::string TerminalLine(std::string_view text);

}  // namespace procmark::sys
