// SPDX-License-Identifier: MIT
#include "harness/report/test_matrix.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

namespace procmark::report {
namespace {

using wire::TestVerdict;

// Lower is more urgent.
int Rank(const MatrixRow& row) {
  const auto has = [&row](TestVerdict verdict) {
    return std::ranges::find(row.verdicts, verdict) != row.verdicts.end();
  };
  if (has(TestVerdict::kFail) || has(TestVerdict::kTimeout) || has(TestVerdict::kCrash)) return 0;
  if (has(TestVerdict::kXpass)) return 1;
  if (has(TestVerdict::kXfail)) return 2;
  if (row.differs) return 3;
  return has(TestVerdict::kSkip) ? 4 : 5;
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
  std::map<std::string, std::map<std::string, TestVerdict>> verdicts;
  for (const compare::FinalTest& test : report.tests) verdicts[test.test][test.cell] = test.verdict;
  for (const auto& [test, by_cell] : verdicts) {
    MatrixRow row{.test = test, .verdicts = {}, .differs = false};
    std::set<TestVerdict> seen;
    for (const std::string& cell : matrix.cells) {
      const auto found = by_cell.find(cell);
      std::optional<TestVerdict>& verdict = row.verdicts.emplace_back();
      if (found == by_cell.end()) continue;
      verdict = found->second;
      seen.insert(found->second);
    }
    row.differs = seen.size() > 1;
    matrix.rows.push_back(std::move(row));
  }
  std::ranges::stable_sort(matrix.rows, {}, Rank);
  return matrix;
}

}  // namespace procmark::report
