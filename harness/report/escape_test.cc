// Hostile text in every format.
#include "harness/report/escape.h"

#include <gtest/gtest.h>

namespace procmark::report {
namespace {

constexpr const char* kBad = "\xEF\xBF\xBD";

TEST(CleanText, KeepsWhatIsValid) {
  EXPECT_EQ(CleanText("plain \u00e4\u20ac\U0001F600\n\t"), "plain \u00e4\u20ac\U0001F600\n\t");
  EXPECT_EQ(CleanText(""), "");
}

TEST(CleanText, ReplacesWhatXmlForbids) {
  EXPECT_EQ(CleanText(std::string_view("a\0b", 3)), std::string("a") + kBad + "b");
  EXPECT_EQ(CleanText("\x1b[31m"), std::string(kBad) + "[31m");
  EXPECT_EQ(CleanText("\x7f"), kBad);
  EXPECT_EQ(CleanText("\r\n"), "\n");
  EXPECT_EQ(CleanText("\xEF\xBF\xBE").find("\xBE"), std::string::npos);  // U+FFFE
  EXPECT_EQ(CleanText("\xC2\x9B").find("\x9B"), std::string::npos);      // C1: the 8-bit CSI
}

TEST(CleanText, ReplacesInvalidUtf8) {
  EXPECT_EQ(CleanText("\xff"), kBad);
  EXPECT_EQ(CleanText("\xC0\x80").find('\x80'), std::string::npos);      // overlong
  EXPECT_EQ(CleanText("\xED\xA0\x80").find("\xED"), std::string::npos);  // surrogate
  EXPECT_EQ(CleanText("\xE2\x82"), std::string(kBad) + kBad);            // truncated
  EXPECT_EQ(CleanText("\xF5\x80\x80\x80").find("\xF5"), std::string::npos);
}

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
