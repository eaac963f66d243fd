// SPDX-License-Identifier: MIT
// Comments, literals and directives are told apart.
#include "lint/code_text.h"

#include <gtest/gtest.h>

namespace procmark::lint {
namespace {

std::string Trim(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n'; });
  return text;
}

TEST(TakeApart, EachPartGoesToItsText) {
  const CodeText text = TakeApart("int x = 1;  // one\nconst char* s = \"two\"; /* three */\n");
  EXPECT_EQ(Trim(text.code), "intx=1;constchar*s=;");
  EXPECT_EQ(Trim(text.comments), "onethree");
  EXPECT_EQ(Trim(text.literals), "two");
}

TEST(TakeApart, KeepsEveryOffset) {
  const std::string file = "a /* b\n c */ d\n";
  const CodeText text = TakeApart(file);
  ASSERT_EQ(text.code.size(), file.size());
  EXPECT_EQ(text.code.find('d'), file.find('d'));
  EXPECT_EQ(text.comments.find('c'), file.find('c'));
  EXPECT_EQ(LineOf(file, file.find('d')), 2);
}

TEST(TakeApart, LiteralsHideWhatLooksLikeCode) {
  EXPECT_EQ(Trim(TakeApart("f(\"// {\\\"\", '{', '\\'', '\"', 1'000);").code), "f(,,,,1'000);");
  EXPECT_EQ(Trim(TakeApart("f(R\"x({ \" )\" } // )x\");").code), "f(R);");
  EXPECT_EQ(Trim(TakeApart("f(R\"x({ \" )x\");").literals), "{\"");
  EXPECT_EQ(Trim(TakeApart("f(u8\"{\", L'{', 0xfeu'00);").code), "f(u8,L,0xfeu'00);");
}

TEST(TakeApart, DirectivesAreNoCodeButTheirCommentsCount) {
  const CodeText text = TakeApart("#define F(x) \\\n  { x  // why\nint y;  # x\n");
  EXPECT_EQ(Trim(text.code), "inty;#x");
  EXPECT_EQ(Trim(text.comments), "why");
}

TEST(TakeApart, AnUnfinishedFileEnds) {
  EXPECT_EQ(TakeApart("/* a").code.size(), 4U);
  EXPECT_EQ(TakeApart("\"a\\").code.size(), 3U);
  EXPECT_EQ(TakeApart("R\"(a").code.size(), 4U);
  EXPECT_EQ(TakeApart("R\"a").code.size(), 3U);
}

}  // namespace
}  // namespace procmark::lint
