// SPDX-License-Identifier: MIT
// The sign test: exact fractions, edge cases and its level in simulation.
#include "harness/stats/sign_test.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

namespace procmark::stats {
namespace {

std::vector<double> Split(int above, int below, int zero = 0) {
  std::vector<double> values;
  for (int i = 0; i < above; ++i) values.push_back(1.0 + i);
  for (int i = 0; i < below; ++i) values.push_back(-1.0 - i);
  for (int i = 0; i < zero; ++i) values.push_back(0.0);
  return values;
}

TEST(SignTest, IsExact) {
  EXPECT_NEAR(SignTest(Split(10, 0)), 2.0 / 1024, 1e-15);
  EXPECT_NEAR(SignTest(Split(9, 1)), 22.0 / 1024, 1e-15);
  EXPECT_NEAR(SignTest(Split(15, 5)), 0.04138947, 1e-8);
  EXPECT_NEAR(SignTest(Split(5, 15)), 0.04138947, 1e-8);
  EXPECT_NEAR(SignTest(Split(14, 6)), 0.1153183, 1e-7);
}

TEST(SignTest, NeverExceedsOne) {
  EXPECT_EQ(SignTest(Split(5, 5)), 1.0);
  EXPECT_EQ(SignTest(Split(1, 0)), 1.0);
  EXPECT_EQ(SignTest({}), 1.0);
}

TEST(SignTest, LeavesOutZeros) {
  EXPECT_EQ(SignTest(Split(9, 1, 50)), SignTest(Split(9, 1)));
  EXPECT_EQ(SignTest(Split(0, 0, 30)), 1.0);
}

TEST(SignTest, TakesACentre) {
  EXPECT_NEAR(SignTest(std::vector<double>{5, 6, 7, 8, 9, 10}, 4.0), 2.0 / 64, 1e-15);
  EXPECT_EQ(SignTest(std::vector<double>{4, 4}, 4.0), 1.0);
}

TEST(SignTest, FiveValuesNeverReachFivePercentAndSixDo) {
  EXPECT_GT(SignTest(Split(5, 0)), 0.05);
  EXPECT_LT(SignTest(Split(6, 0)), 0.05);
}

TEST(SignTest, RefusesNonsense) {
  EXPECT_THROW(SignTest(std::vector<double>{std::nan("")}), std::invalid_argument);
}

// If the hypothesis is true, the test rejects at most as often as promised, even for skewed values.
TEST(SignTest, HoldsItsLevel) {
  std::mt19937_64 random(3);
  std::lognormal_distribution<double> skewed(0.0, 2.0);
  int rejected = 0;
  const int trials = 4000;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> values(20);
    for (double& value : values) value = skewed(random) - 1.0;
    rejected += SignTest(values) <= 0.05;
  }
  EXPECT_NEAR(static_cast<double>(rejected) / trials, 0.0414, 0.01);
}

}  // namespace
}  // namespace procmark::stats
