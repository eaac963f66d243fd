// SPDX-License-Identifier: MIT
// Hostile text in every format.
#include "harness/report/escape.h"

#include <gtest/gtest.h>

namespace procmark::report {
namespace {

TEST(HtmlText, EscapesMarkup) {
  EXPECT_EQ(HtmlText("<a href=\"x\" b='y'>&"), "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;");
}

TEST(XmlAttribute, KeepsLineBreaksAsReferences) {
  EXPECT_EQ(XmlAttribute("a\nb\tc<"), "a&#10;b&#9;c&lt;");
}

TEST(MarkdownText, StaysInItsTableCell) {
  EXPECT_EQ(MarkdownText("a|b\nc"), "a\\|b c");
  EXPECT_EQ(MarkdownText("`x` *y* _z_ <b> [l] \\"), "\\`x\\` \\*y\\* \\_z\\_ &lt;b> \\[l\\] \\\\");
}

TEST(MarkdownLines, KeepsLineBreaksInsideATable) {
  EXPECT_EQ(MarkdownLines("a|b\n<c>\n"), "a\\|b<br>&lt;c><br>");
  EXPECT_EQ(MarkdownLines(""), "");
}

TEST(OneLine, HasNoControlCharacters) {
  for (const char c : OneLine("a\x1b]0;title\x07\nb\r\tc\x08")) EXPECT_GE(c & 0xFF, 0x20);
}

TEST(ScriptJson, CannotEndTheScript) {
  EXPECT_EQ(ScriptJson("\"</script>\""), "\"\\u003c/script>\"");
}

TEST(DisplayWidth, CountsCodePoints) {
  EXPECT_EQ(DisplayWidth("abc"), 3U);
  EXPECT_EQ(DisplayWidth("\u00b5s\u20ac"), 3U);
}

}  // namespace
}  // namespace procmark::report
