// SPDX-License-Identifier: MIT
// Slopes of synthetic runs whose lines are known.
#include "harness/compare/sweep_slope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/compare/test/synthetic_sweep.h"

namespace procmark::compare {
namespace {

using Fit = SweepSlope::Fit;
using testing::HasSubstr;

TEST(Slope, OfExactCostsIsExact) {
  const store::Run run = ExactRun(Straight);
  const std::vector<SweepSlope> rows = SlopesOfRun(run);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].cell, "guest");
  EXPECT_EQ(rows[0].sweep, "fork/fds:*/to:reaped");
  EXPECT_EQ(rows[0].unit, "instructions");
  EXPECT_EQ(rows[0].per, "descriptor");
  EXPECT_NEAR(rows[0].slope, 30, 1e-9);
  EXPECT_NEAR(rows[0].intercept, 50'000, 1e-6);
  EXPECT_NEAR(rows[0].slope_interval->low, 30, 1e-9);
  EXPECT_NEAR(rows[0].slope_interval->high, 30, 1e-9);
  EXPECT_FALSE(rows[0].intercept_interval);
  EXPECT_EQ(rows[0].fit, Fit::kLinear);
}

TEST(Slope, AStepIsNonlinear) {
  const store::Run run =
      ExactRun([](int64_t fds) { return Straight(fds) + (fds >= 1024 ? 40'000 : 0); });
  const std::vector<SweepSlope> rows = SlopesOfRun(run);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].fit, Fit::kNonlinear);
  EXPECT_THAT(rows[0].sentence, HasSubstr("predicts a cost for fork/fds:"));
  EXPECT_LT(rows[0].slope_interval->low, rows[0].slope_interval->high);
}

TEST(Slope, ACostThatHardlyChangesIsFlat) {
  const store::Run run = ExactRun([](int64_t fds) { return fds == 0 ? 75'000 : 75'400; });
  ASSERT_EQ(SlopesOfRun(run).size(), 1U);
  EXPECT_EQ(SlopesOfRun(run)[0].fit, Fit::kFlat);
}

TEST(Slope, OnANoisyHostHasAnInterval) {
  const store::Run run = NoisyRun(20, Straight, [](int64_t) { return 50'000.0; });
  const std::vector<SweepSlope> rows = SlopesOfRun(run);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].rounds, 20);
  EXPECT_NEAR(rows[0].slope, 30, 1.5);
  ASSERT_TRUE(rows[0].slope_interval);
  EXPECT_LT(rows[0].slope_interval->low, 30);
  EXPECT_GT(rows[0].slope_interval->high, 30);
  EXPECT_LT(rows[0].intercept_interval->low, 50'000);
  EXPECT_GT(rows[0].intercept_interval->high, 50'000);
  EXPECT_NE(rows[0].fit, Fit::kFlat);
  EXPECT_LT(rows[1].slope_interval->low, 0);
  EXPECT_GT(rows[1].slope_interval->high, 0);
}

TEST(Slope, TooFewRoundsHaveNoInterval) {
  const store::Run run = NoisyRun(3, Straight, Straight);
  const std::vector<SweepSlope> rows = SlopesOfRun(run);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_FALSE(rows[0].slope_interval);
  EXPECT_EQ(rows[0].fit, Fit::kUnclear);
  EXPECT_THAT(rows[0].sentence, HasSubstr("3 complete rounds"));
}

// Otherwise a point that was lost early would make almost all rounds incomplete.
TEST(Slope, APointWithFewRoundsIsLeftOut) {
  store::Run run = NoisyRun(10, Straight, Straight);
  AddSlice(run, "a", NameAt(100'000), 0, {1, 1});
  const std::vector<SweepSlope> rows = SlopesOfRun(run);
  EXPECT_EQ(rows[0].points.size(), kDescriptors.size());
  EXPECT_EQ(rows[0].rounds, 10);
}

}  // namespace
}  // namespace procmark::compare
