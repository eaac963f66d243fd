// Final verdicts, turned into rows.
#include "harness/report/test_matrix.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

namespace procmark::report {
namespace {

// What a row is sorted by: its gravest verdict.
int Rank(const MatrixRow& row) {
  const auto has = [&row](const char* verdict) {
    return std::ranges::find(row.verdicts, verdict) != row.verdicts.end();
  };
  if (has("fail") || has("timeout") || has("crash")) return 0;
  if (has("xpass")) return 1;
  if (has("xfail")) return 2;
  if (row.differs) return 3;
  return has("skip") ? 4 : 5;
}

}  // namespace

std::vector<MatrixRow> TestMatrix::Differing() const {
  std::vector<MatrixRow> differing;
  std::ranges::copy_if(rows, std::back_inserter(differing), &MatrixRow::differs);
  return differing;
}

TestMatrix MakeTestMatrix(const Report& report) {
  TestMatrix matrix;
  matrix.cells = TestCells(report);
  std::map<std::string, std::map<std::string, std::string>> verdicts;
  for (const compare::FinalTest& test : report.tests) verdicts[test.test][test.cell] = test.verdict;
  for (const auto& [test, by_cell] : verdicts) {
    MatrixRow row{.test = test, .verdicts = {}, .differs = false};
    std::set<std::string> seen;
    for (const std::string& cell : matrix.cells) {
      const auto found = by_cell.find(cell);
      row.verdicts.push_back(found == by_cell.end() ? "" : found->second);
      if (found != by_cell.end()) seen.insert(found->second);
    }
    row.differs = seen.size() > 1;
    matrix.rows.push_back(std::move(row));
  }
  std::ranges::stable_sort(matrix.rows, {}, Rank);
  return matrix;
}

}  // namespace procmark::report
