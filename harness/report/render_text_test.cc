// SPDX-License-Identifier: MIT
// How the terminal shows a table of each kind.
#include "harness/report/render_text.h"

#include <gtest/gtest.h>

#include "harness/report/entries.h"

namespace procmark::report {
namespace {

using Kind = Column::Kind;

Document OneTable(Table table) {
  Section section;
  section.id = "one";
  section.title = "One";
  section.tables.push_back(std::move(table));
  Document document;
  document.facts = {{"run", "r1"}, {"started", "today"}};
  document.headline = "Nothing regressed.";
  document.sections.push_back(std::move(section));
  return document;
}

TEST(RenderText, AlignsColumns) {
  Table table;
  table.title = "costs";
  table.note = "not on a terminal";
  table.columns = {{"benchmark", Kind::kName}, {"q25", Kind::kNumber}};
  table.rows = {{{TextEntry("fork"), CountEntry(1234)}}, {{TextEntry("vfork"), CountEntry(5)}}};
  EXPECT_EQ(RenderText(OneTable(table)),
            "run r1, started today\n"
            "\n"
            "costs\n"
            "  benchmark    q25\n"
            "  fork       1,234\n"
            "  vfork          5\n"
            "\n"
            "Nothing regressed.\n");
}

TEST(RenderText, PutsLongTextsBelowTheirRow) {
  Table table;
  table.title = "tests";
  table.columns = {{"verdict"}, {"test"}, {"reason", Kind::kProse}, {"expected", Kind::kProse}};
  table.rows = {{{TextEntry("fail"), TextEntry("A.B"), TextEntry("expected 7\nobserved 1\n"),
                  TextEntry("a known deviation of this kernel, see the link")}},
                {{TextEntry("skip"), TextEntry("C.D"), TextEntry("needs root"), {}}}};
  EXPECT_EQ(RenderText(OneTable(table)),
            "run r1, started today\n"
            "\n"
            "tests\n"
            "  verdict  test\n"
            "  fail     A.B\n"
            "      reason:\n"
            "        expected 7\n"
            "        observed 1\n"
            "      expected: a known deviation of this kernel, see the link\n"
            "  skip     C.D\n"
            "      reason: needs root\n"
            "\n"
            "Nothing regressed.\n");
}

TEST(RenderText, ShowsShortTextsBesideEachOther) {
  Table table;
  table.title = "setup";
  table.columns = {{"key"}, {"a", Kind::kCode}, {"b", Kind::kCode}};
  table.rows = {{{TextEntry("hz"), TextEntry("250"), TextEntry("1000")}},
                {{TextEntry("x"), TextEntry("y"), TextEntry("n")}, Detail::kNormal}};
  EXPECT_EQ(RenderText(OneTable(table)),
            "run r1, started today\n"
            "\n"
            "setup\n"
            "  key  a    b\n"
            "  hz   250  1000\n"
            "  (1 more row is in report.md)\n"
            "\n"
            "Nothing regressed.\n");
}

TEST(RenderText, PrintsTheFirstSectionLast) {
  Table first;
  first.title = "first";
  first.columns = {{"x"}};
  first.rows = {{{TextEntry("1")}}};
  Document document = OneTable(first);
  document.sections.push_back(document.sections.front());
  document.sections.back().tables.front().title = "second";
  const std::string text = RenderText(document);
  EXPECT_LT(text.find("second"), text.find("first"));
}

}  // namespace
}  // namespace procmark::report
