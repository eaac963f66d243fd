// SPDX-License-Identifier: MIT
// How Markdown shows a table of each kind.
#include "harness/report/render_markdown.h"

#include <gtest/gtest.h>

#include "harness/report/entries.h"

namespace procmark::report {
namespace {

using Kind = Column::Kind;

std::string Render(Table table) {
  Section section;
  section.id = "one";
  section.title = "One";
  section.tables.push_back(std::move(table));
  Document document;
  document.title = "t";
  document.headline = "Fine.";
  document.sections.push_back(std::move(section));
  const std::string text = RenderMarkdown(document);
  const std::string before = "# procmark: t\n\nFine.\n\n\n## One\n";
  EXPECT_TRUE(text.starts_with(before)) << text;
  return text.substr(before.size());
}

TEST(RenderMarkdown, AlignsNumbersAndMarksBadEntries) {
  Table table;
  table.title = "costs";
  table.note = "of one operation";
  table.columns = {{"benchmark", Kind::kName}, {"q25", Kind::kNumber}, {"verdict", Kind::kVerdict}};
  table.rows = {{{TextEntry("a|b"), CountEntry(1234), VerdictEntry("regressed", Tone::kBad)}}};
  EXPECT_EQ(Render(table),
            "\n### costs\n"
            "\nof one operation\n"
            "\n| benchmark | q25 | verdict |\n"
            "|---|--:|---|\n"
            "| a\\|b | 1,234 | **regressed** |\n");
}

TEST(RenderMarkdown, FoldsLongTables) {
  Table table;
  table.title = "all <tests>";
  table.folded = true;
  table.columns = {{"reason", Kind::kProse}};
  table.rows = {{{TextEntry("one\ntwo\n")}}};
  EXPECT_EQ(Render(table),
            "\n<details><summary>all &lt;tests&gt;</summary>\n"
            "\n| reason |\n|---|\n| one<br>two |\n"
            "\n</details>\n");
}

TEST(RenderMarkdown, ShowsRecordsWithCodeBlocks) {
  Table table;
  table.title = "losses";
  table.layout = Table::Layout::kRecords;
  table.columns = {
      {"kind", Kind::kVerdict}, {"cell"}, {"what", Kind::kProse}, {"console", Kind::kCode}};
  table.rows = {{{VerdictEntry("crash", Tone::kBad), TextEntry("native"), TextEntry("it died"),
                  TextEntry("Oops\n```\n")}}};
  EXPECT_EQ(Render(table),
            "\n### losses\n"
            "\n**crash**, native\n"
            "\nwhat:\n\nit died\n"
            "\nconsole:\n"
            "\n    Oops\n    ```\n");
}

}  // namespace
}  // namespace procmark::report
