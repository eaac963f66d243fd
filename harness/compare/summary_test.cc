// SPDX-License-Identifier: MIT
// Summaries of samples.
#include "harness/compare/summary.h"

#include <gtest/gtest.h>

#include "harness/compare/test/synthetic_run.h"

namespace procmark::compare {
namespace {

TEST(SummarizeRun, GivesARowForEachBenchmarkOfEachCell) {
  store::Run run =
      MakeRun("r", {MakeCell("b", store::Clock::kWall), MakeCell("a", store::Clock::kExact)});
  AddSlice(run, "a", "fork", 0, {30, 10, 20, 40}, 10, "instructions");
  AddSlice(run, "b", "exec", 0, {100, 300});
  AddSlice(run, "b", "fork", 0, {1000});
  AddSlice(run, "b", "exec", 1, {500, 700});
  const auto rows = SummarizeRun(run);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].cell + " " + rows[0].benchmark, "b exec");
  EXPECT_EQ(rows[0].slices, 2);
  EXPECT_EQ(rows[0].samples, 4);
  EXPECT_DOUBLE_EQ(rows[0].q25, 350);  // the median of 150 and 550
  EXPECT_DOUBLE_EQ(rows[0].min, 100);
  EXPECT_DOUBLE_EQ(rows[0].median, 400);
  EXPECT_DOUBLE_EQ(rows[0].mean, 400);
  EXPECT_EQ(rows[1].benchmark, "fork");
  EXPECT_EQ(rows[2].cell, "a");
  EXPECT_DOUBLE_EQ(rows[2].q25, 1.0);  // the sample 10 in ten operations, not interpolated
  EXPECT_DOUBLE_EQ(rows[2].min, 1.0);
  EXPECT_DOUBLE_EQ(rows[2].median, 2.0);
  EXPECT_DOUBLE_EQ(rows[2].p90, 3.0);
}

TEST(SummarizeRun, IncludesSlicesOfACellThatTheRunDoesNotList) {
  store::Run run = MakeRun("r", {});
  AddSlice(run, "lost", "fork", 0, {5});
  ASSERT_EQ(SummarizeRun(run).size(), 1U);
  EXPECT_TRUE(SummarizeRun(MakeRun("r", {})).empty());
}

}  // namespace
}  // namespace procmark::compare
