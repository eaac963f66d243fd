// SPDX-License-Identifier: MIT
// Hostile text on a terminal and in the log of a CI service.
#include "harness/sys/printable.h"

#include <gtest/gtest.h>

namespace procmark::sys {
namespace {

constexpr const char* kBad = "\xEF\xBF\xBD";

TEST(CleanText, KeepsWhatIsValid) {
  EXPECT_EQ(CleanText("plain \u00e4\u20ac\U0001F600\n\t"), "plain \u00e4\u20ac\U0001F600\n\t");
  EXPECT_EQ(CleanText("\u05d0\u0627"), "\u05d0\u0627");  // letters written from right to left
  EXPECT_EQ(CleanText(""), "");
}

TEST(CleanText, ReplacesControlCharacters) {
  EXPECT_EQ(CleanText(std::string_view("a\0b", 3)), std::string("a") + kBad + "b");
  EXPECT_EQ(CleanText("\x1b[31m"), std::string(kBad) + "[31m");
  EXPECT_EQ(CleanText("\x7f"), kBad);
  EXPECT_EQ(CleanText("\r\n"), "\n");
  EXPECT_EQ(CleanText("\xEF\xBF\xBE"), kBad);  // U+FFFE
  EXPECT_EQ(CleanText("\xC2\x9B"), kBad);      // C1: the 8-bit CSI
  EXPECT_EQ(CleanText("\xC2\x85"), kBad);      // C1: next line
}

TEST(CleanText, ReplacesWhatTurnsTheWritingRound) {
  for (const char* text : {"\u061c", "\u200e", "\u200f", "\u202a", "\u202b", "\u202c", "\u202d",
                           "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"}) {
    EXPECT_EQ(CleanText(text), kBad);
  }
}

TEST(CleanText, ReplacesUnicodesLineBreaks) {
  EXPECT_EQ(CleanText("a\u2028b\u2029c"), std::string("a") + kBad + "b" + kBad + "c");
}

TEST(CleanText, ReplacesInvalidUtf8) {
  EXPECT_EQ(CleanText("\xff"), kBad);
  EXPECT_EQ(CleanText("\xC0\x80").find('\x80'), std::string::npos);      // overlong
  EXPECT_EQ(CleanText("\xED\xA0\x80").find("\xED"), std::string::npos);  // surrogate
  EXPECT_EQ(CleanText("\xE2\x82"), std::string(kBad) + kBad);            // truncated
  EXPECT_EQ(CleanText("\xF5\x80\x80\x80").find("\xF5"), std::string::npos);
}

TEST(TerminalText, GivesNoOrderToACiService) {
  EXPECT_EQ(TerminalText("::error::x"), ": :error::x");
  EXPECT_EQ(TerminalText("a\n \t::add-mask::b"), "a\n \t: :add-mask::b");
  EXPECT_EQ(TerminalText("\r::error::x"), ": :error::x");
  EXPECT_EQ(TerminalText("a ##[error]b"), "a # #[error]b");
  EXPECT_EQ(TerminalText("##vso[task.complete]"), "# #vso[task.complete]");
  EXPECT_EQ(TerminalText("##teamcity[x]"), "# #teamcity[x]");
  EXPECT_EQ(TerminalText("procmark::sys ## title"), "procmark::sys ## title");
}

TEST(TerminalLine, IsOneLineWithoutControlCharacters) {
  const std::string line = TerminalLine("a\x1b]0;title\x07\nb\r\tc\x08\u2028::error::d\n");
  for (const char c : line) EXPECT_GE(c & 0xFF, 0x20);
  EXPECT_EQ(TerminalLine("a\n::error::b\n"), "a : :error::b");
}

}  // namespace
}  // namespace procmark::sys
