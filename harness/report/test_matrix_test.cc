// SPDX-License-Identifier: MIT
// The order of the rows, and which rows differ.
#include "harness/report/test_matrix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace procmark::report {
namespace {

using testing::ElementsAre;
using wire::TestVerdict;

void Add(Report& report, const std::string& test, const std::string& cell, TestVerdict verdict) {
  compare::FinalTest final;
  final.test = test;
  final.cell = cell;
  final.verdict = verdict;
  report.tests.push_back(final);
}

std::vector<std::string> Names(const std::vector<MatrixRow>& rows) {
  std::vector<std::string> names;
  for (const MatrixRow& row : rows) names.push_back(row.test);
  return names;
}

TEST(TestMatrix, UrgentTestsComeFirst) {
  const store::Run run;
  Report report;
  report.run = &run;
  for (const char* cell : {"a", "b"}) {
    Add(report, "Passes", cell, TestVerdict::kPass);
    Add(report, "AlwaysSkips", cell, TestVerdict::kSkip);
    Add(report, "AlwaysFails", cell, TestVerdict::kFail);
  }
  Add(report, "SkipsInOne", "a", TestVerdict::kPass);
  Add(report, "SkipsInOne", "b", TestVerdict::kSkip);
  Add(report, "Known", "a", TestVerdict::kPass);
  Add(report, "Known", "b", TestVerdict::kXfail);
  Add(report, "Surprise", "a", TestVerdict::kXpass);
  Add(report, "HangsInOne", "b", TestVerdict::kTimeout);
  Add(report, "HangsInOne", "a", TestVerdict::kPass);
  const TestMatrix matrix = MakeTestMatrix(report);
  EXPECT_THAT(matrix.cells, ElementsAre("a", "b"));
  EXPECT_THAT(Names(matrix.rows), ElementsAre("AlwaysFails", "HangsInOne", "Surprise", "Known",
                                              "SkipsInOne", "AlwaysSkips", "Passes"));
  EXPECT_THAT(Names(matrix.Differing()), ElementsAre("HangsInOne", "Known", "SkipsInOne"));
  EXPECT_THAT(matrix.rows[1].verdicts, ElementsAre(TestVerdict::kPass, TestVerdict::kTimeout));
  EXPECT_THAT(matrix.rows[2].verdicts, ElementsAre(TestVerdict::kXpass, std::nullopt))
      << "a test that did not run does not differ";
}

TEST(TestMatrix, OneCellHasNoDifferences) {
  const store::Run run;
  Report report;
  report.run = &run;
  Add(report, "Fails", "native", TestVerdict::kFail);
  EXPECT_TRUE(MakeTestMatrix(report).Differing().empty());
}

}  // namespace
}  // namespace procmark::report
