// SPDX-License-Identifier: MIT
// Verdicts of the conformance tests.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/report/entries.h"
#include "harness/report/sections.h"
#include "harness/report/test_matrix.h"

namespace procmark::report {
namespace {

using Kind = Column::Kind;

Table CountTable(const Report& report, const std::vector<std::string>& cells) {
  std::map<std::string, std::map<wire::TestVerdict, int64_t>> counts;
  for (const compare::FinalTest& test : report.tests) ++counts[test.cell][test.verdict];
  std::vector<ColumnOf<std::string>> columns = {
      {{"cell", Kind::kName}, [](const std::string& cell) { return TextEntry(cell); }}};
  for (const auto& [verdict, name] : wire::kTestVerdicts.All()) {
    columns.push_back({{name, Kind::kNumber}, [&counts, verdict](const std::string& cell) {
                         const auto found = counts[cell].find(verdict);
                         return found == counts[cell].end() ? Entry{} : CountEntry(found->second);
                       }});
  }
  Table table;
  table.title = "Tests";
  Fill(table, columns, cells);
  return table;
}

// Failures first, skips last.
int Urgency(const compare::FinalTest& test) {
  switch (test.verdict) {
    case wire::TestVerdict::kFail:
    case wire::TestVerdict::kTimeout:
    case wire::TestVerdict::kCrash:
      return 0;
    case wire::TestVerdict::kXpass:
      return 1;
    case wire::TestVerdict::kXfail:
      return 2;
    default:
      return 3;
  }
}

Table NotPassedTable(const Report& report) {
  using One = compare::FinalTest;
  std::vector<One> tests;
  std::ranges::copy_if(report.tests, std::back_inserter(tests),
                       [](const One& test) { return test.verdict != wire::TestVerdict::kPass; });
  std::ranges::stable_sort(tests, {}, Urgency);
  const std::vector<ColumnOf<One>> columns = {
      {{"verdict", Kind::kVerdict}, [](const One& one) { return VerdictEntry(one.verdict); }},
      {{"test", Kind::kName},
       [&report](const One& one) {
         return WithHint(ValueOr(report.says, one.test), TextEntry(one.test));
       }},
      {{"cell", Kind::kName}, [](const One& one) { return TextEntry(one.cell); }},
      {{"cause"}, [](const One& one) { return TextEntry(wire::FailCauseName(one.cause)); }},
      {{"reason", Kind::kProse}, [](const One& one) { return TextEntry(one.reason); }},
      {{"expected", Kind::kProse}, [](const One& one) { return TextEntry(one.expectation); }}};
  Table table;
  table.title = "tests that did not pass";
  Fill(table, columns, tests);
  return table;
}

Table MatrixTable(const Report& report, const std::vector<std::string>& cells,
                  const std::vector<MatrixRow>& rows) {
  std::vector<ColumnOf<MatrixRow>> columns = {
      {{"test", Kind::kName}, [&report](const MatrixRow& row) {
         return WithHint(ValueOr(report.says, row.test), TextEntry(row.test));
       }}};
  for (size_t i = 0; i < cells.size(); ++i) {
    columns.push_back({{cells[i], Kind::kVerdict}, [i](const MatrixRow& row) {
                         return row.verdicts[i] ? VerdictEntry(row.verdicts[i])
                                                : VerdictEntry("-", Tone::kDull);
                       }});
  }
  Table table;
  Fill(table, columns, rows);
  return table;
}

}  // namespace

Sections TestSections(const Report& report) {
  const TestMatrix matrix = MakeTestMatrix(report);
  if (matrix.cells.empty()) return {};
  Section section;
  section.id = "tests";
  section.title = "Tests";
  section.tables.push_back(CountTable(report, matrix.cells));
  if (Table table = NotPassedTable(report); !table.rows.empty()) {
    section.tables.push_back(std::move(table));
  }
  if (const std::vector<MatrixRow> differing = matrix.Differing(); !differing.empty()) {
    Table table = MatrixTable(report, matrix.cells, differing);
    table.title = fmt::format("tests that differ between cells: {} of {}", differing.size(),
                              matrix.rows.size());
    section.tables.push_back(std::move(table));
  }
  Table all = MatrixTable(report, matrix.cells, matrix.rows);
  all.title = fmt::format("all {} tests", matrix.rows.size());
  all.detail = Detail::kFull;
  all.folded = true;
  section.tables.push_back(std::move(all));
  return {section};
}

}  // namespace procmark::report
