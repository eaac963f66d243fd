// SPDX-License-Identifier: MIT
// Fences, tables, code spans, links and headings are told apart.
#include "lint/markdown.h"

#include <gtest/gtest.h>

namespace procmark::lint {
namespace {

using Kind = MarkdownLine::Kind;
using Texts = std::vector<std::string>;

std::vector<Kind> KindsOf(const std::string& page) {
  std::vector<Kind> kinds;
  for (const MarkdownLine& line : LinesOf(page)) kinds.push_back(line.kind);
  return kinds;
}

Texts TextsOf(const std::vector<MarkdownPart>& parts) {
  Texts texts;
  for (const MarkdownPart& part : parts) texts.push_back(part.text);
  return texts;
}

TEST(LinesOf, FencesAndTables) {
  EXPECT_EQ(KindsOf("a\n| b |\n```sh\n| c |\n```\nd"),
            (std::vector<Kind>{Kind::kProse, Kind::kTable, Kind::kFence, Kind::kFence, Kind::kFence,
                               Kind::kProse}));
  EXPECT_EQ(KindsOf("~~~\n```\n~~~\na"),
            (std::vector<Kind>{Kind::kFence, Kind::kFence, Kind::kFence, Kind::kProse}))
      << "only its own mark closes a fence";
  EXPECT_EQ(KindsOf("````\n```\n````\na").back(), Kind::kProse);
}

TEST(CodeOf, SpansAndFences) {
  EXPECT_EQ(TextsOf(CodeOf("a `b c` d ``e ` f`` g\n")), (Texts{"b c", "e ` f"}));
  EXPECT_EQ(TextsOf(CodeOf("a `b\nc` d\n")), Texts{"b c"}) << "a span crosses lines";
  EXPECT_EQ(TextsOf(CodeOf("a `b\n\nc` d\n")), Texts{}) << "but not paragraphs";
  EXPECT_EQ(TextsOf(CodeOf("```\nx --y\n```\n`z`\n")), (Texts{"x --y", "z"}));
  const std::vector<MarkdownPart> code = CodeOf("a\n\nb `c`\n");
  ASSERT_EQ(code.size(), 1U);
  EXPECT_EQ(code[0].line, 3);
}

TEST(LinksOf, OutsideOfCode) {
  EXPECT_EQ(TextsOf(LinksOf("[a](b.md) [`c`](d/#e) `[f](g)`\n```\n[h](i)\n```\n")),
            (Texts{"b.md", "d/#e"}));
}

TEST(AnchorsOf, AreThoseOfGitHub) {
  EXPECT_EQ(AnchorsOf("# How a test runs\n## `list`, \"x_y\" & z-1\n#no\n```\n# code\n```\n"),
            (std::set<std::string>{"how-a-test-runs", "list-x_y--z-1"}));
}

TEST(ColumnsOf, CountsCharacters) { EXPECT_EQ(ColumnsOf("ä…x"), 3); }

}  // namespace
}  // namespace procmark::lint
