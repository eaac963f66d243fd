// SPDX-License-Identifier: MIT
// What a document contains, and what each level of detail shows of it.
#include "harness/report/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "harness/report/entries.h"
#include "harness/report/sections.h"
#include "harness/report/test/nasty_report.h"

namespace procmark::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Table* FindTable(const Document& document, const std::string& title) {
  for (const Section& section : document.sections) {
    for (const Table& table : section.tables) {
      if (table.title.find(title) != std::string::npos) return &table;
    }
  }
  return nullptr;
}

TEST(MakeDocument, HasUniqueIdsAndCompleteRows) {
  const store::Run run = NastyRun();
  const Document document = MakeDocument(NastyReport(run));
  std::set<std::string> ids;
  for (const Section& section : document.sections) {
    EXPECT_TRUE(ids.insert(section.id).second) << section.id;
    EXPECT_FALSE(section.tables.empty() && section.charts.empty()) << section.id;
    for (const Table& table : section.tables) {
      EXPECT_FALSE(table.title.empty()) << section.id;
      for (const Row& row : table.rows) EXPECT_EQ(row.entries.size(), table.columns.size());
    }
  }
}

TEST(MakeDocument, BeginsWithComparisonsAndTests) {
  const store::Run run = NastyRun();
  const Document document = MakeDocument(NastyReport(run));
  EXPECT_EQ(document.sections[0].id, "comparison");
  EXPECT_EQ(document.sections[1].id, "tests");
  EXPECT_EQ(document.headline, "3 regressions, 4 failures, 1 refused.");
}

TEST(MakeDocument, KeepsTheNumbersBehindTheTexts) {
  const store::Run run = NastyRun();
  const Document document = MakeDocument(NastyReport(run));
  const Table* table = FindTable(document, "native@candidate (");
  ASSERT_NE(table, nullptr);
  const Entry& interval = table->rows[0].entries[5];
  EXPECT_NEAR(*interval.number, 0.0616, 1e-4);
  EXPECT_LE(interval.range->low, *interval.number);
  EXPECT_GE(interval.range->high, *interval.number);
  EXPECT_EQ(interval.tone, Tone::kBad);
}

TEST(MakeDocument, ShowsFailuresBeforeSkips) {
  const store::Run run = NastyRun();
  const Document document = MakeDocument(NastyReport(run));
  const Table* table = FindTable(document, "tests that did not pass");
  ASSERT_NE(table, nullptr);
  std::vector<std::string> verdicts;
  for (const Row& row : table->rows) verdicts.push_back(row.entries[0].text);
  EXPECT_THAT(verdicts, ElementsAre("fail", "timeout", "crash", "xfail", "skip"));
}

TEST(MakeDocument, WarnsAboutANonlinearSweep) {
  store::Run run = NastyRun();
  run.slices.clear();
  for (const auto& [name, cost] :
       std::vector<std::pair<std::string, int64_t>>{{"fork/to:reaped", 1000},
                                                    {"fork/fds:64/to:reaped", 1010},
                                                    {"fork/fds:1024/to:reaped", 9000},
                                                    {"fork/fds:2048/to:reaped", 9010}}) {
    AddSlice(run, "amd64/debian-6.1/max/exact", name, 0, {cost}, "instructions");
  }
  const Document document = MakeDocument(MakeReport(run, {}));
  const Table* table = FindTable(document, "Warnings");
  ASSERT_NE(table, nullptr);
  EXPECT_THAT(table->rows[0].entries[0].text, HasSubstr("does not follow a straight line"));
  EXPECT_THAT(table->rows[0].entries[1].text, HasSubstr("fork/fds:*/to:reaped"));
}

// Two kernels differ in three hundred options; a terminal shows those that both have.
TEST(MakeDocument, HidesOneSidedKernelOptionsOnATerminal) {
  const store::Run run = NastyRun();
  Report report = NastyReport(run);
  for (int i = 0; i < 300; ++i) {
    report.comparisons[0].differences.push_back(
        {"kernel config", "CONFIG_" + std::to_string(i), std::nullopt, "y"});
  }
  report.comparisons[0].differences.push_back({"kernel config", "CONFIG_HZ", "250", "1000"});
  const Document document = MakeDocument(report);
  const Table* table = FindTable(document, "keys of the setup");
  ASSERT_NE(table, nullptr);
  const VisibleTable on_terminal = VisibleAt(*table, Detail::kEssential);
  EXPECT_EQ(on_terminal.rows.size(), 2U);
  EXPECT_EQ(on_terminal.hidden_rows, 300U);
  EXPECT_EQ(VisibleAt(*table, Detail::kNormal).hidden_rows, 0U);
}

TEST(WarningTable, NamesEachSentenceOnce) {
  const Table table = WarningTable({{"x", "too short"}, {"y", "too short"}, {"", "other"}});
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_EQ(table.rows[0].entries[0].text, "too short");
  EXPECT_EQ(table.rows[0].entries[1].text, "x, y");
  EXPECT_EQ(table.rows[1].entries[1].text, "");
}

TEST(VisibleAt, HidesDetailsAndEmptyColumns) {
  Table table;
  table.columns = {
      {"always"}, {"empty"}, {"page only", Column::Kind::kText, Detail::kFull}, {"explained"}};
  table.rows = {
      {{TextEntry("a"), {}, TextEntry("x"), At(Detail::kNormal, TextEntry("why"))}},
      {{TextEntry("b"), {}, TextEntry("y"), {}}, Detail::kNormal},
  };
  const VisibleTable terminal = VisibleAt(table, Detail::kEssential);
  EXPECT_THAT(terminal.columns, ElementsAre(0U));
  EXPECT_EQ(terminal.rows.size(), 1U);
  EXPECT_EQ(terminal.hidden_rows, 1U);
  EXPECT_THAT(VisibleAt(table, Detail::kNormal).columns, ElementsAre(0U, 3U));
  EXPECT_THAT(VisibleAt(table, Detail::kFull).columns, ElementsAre(0U, 2U, 3U));
}

}  // namespace
}  // namespace procmark::report
