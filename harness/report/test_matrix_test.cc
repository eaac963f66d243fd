// The order of rows, and what counts as a difference.
#include "harness/report/test_matrix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace procmark::report {
namespace {

using testing::ElementsAre;

void Add(Report& report, const std::string& test, const std::string& cell,
         const std::string& verdict) {
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

TEST(TestMatrix, WhatDeservesALookComesFirst) {
  const store::Run run;
  Report report;
  report.run = &run;
  for (const char* cell : {"a", "b"}) {
    Add(report, "Passes", cell, "pass");
    Add(report, "AlwaysSkips", cell, "skip");
    Add(report, "AlwaysFails", cell, "fail");
  }
  Add(report, "SkipsInOne", "a", "pass");
  Add(report, "SkipsInOne", "b", "skip");
  Add(report, "Known", "a", "pass");
  Add(report, "Known", "b", "xfail");
  Add(report, "Surprise", "a", "xpass");
  Add(report, "HangsInOne", "b", "timeout");
  Add(report, "HangsInOne", "a", "pass");
  const TestMatrix matrix = MakeTestMatrix(report);
  EXPECT_THAT(matrix.cells, ElementsAre("a", "b"));
  EXPECT_THAT(Names(matrix.rows), ElementsAre("AlwaysFails", "HangsInOne", "Surprise", "Known",
                                              "SkipsInOne", "AlwaysSkips", "Passes"));
  EXPECT_THAT(Names(matrix.Differing()), ElementsAre("HangsInOne", "Known", "SkipsInOne"));
  EXPECT_THAT(matrix.rows[1].verdicts, ElementsAre("pass", "timeout"));
  EXPECT_THAT(matrix.rows[2].verdicts, ElementsAre("xpass", "")) << "not run is no difference";
}

TEST(TestMatrix, OneCellHasNoDifferences) {
  const store::Run run;
  Report report;
  report.run = &run;
  Add(report, "Fails", "native", "fail");
  EXPECT_TRUE(MakeTestMatrix(report).Differing().empty());
}

}  // namespace
}  // namespace procmark::report
