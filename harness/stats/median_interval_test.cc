// SPDX-License-Identifier: MIT
// The order-statistic interval: published ranks, edge cases, and its coverage in simulation.
#include "harness/stats/median_interval.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

#include "harness/stats/sign_test.h"

namespace procmark::stats {
namespace {

std::vector<double> OneTo(size_t n) {
  std::vector<double> values(n);
  for (size_t i = 0; i < n; ++i) values[i] = static_cast<double>(i + 1);
  return values;
}

// The ranks of Conover's table A3: n = 10 gives 2..9, n = 20 gives 6..15, n = 60 gives 22..39.
TEST(MedianInterval, HasThePublishedRanks) {
  const struct {
    size_t n;
    double low, high, confidence;
  } rows[] = {
      {6, 1, 6, 0.96875}, {10, 2, 9, 0.978516}, {20, 6, 15, 0.958611}, {60, 22, 39, 0.972660}};
  for (const auto& row : rows) {
    const auto interval = MedianInterval(OneTo(row.n), 0.95);
    ASSERT_TRUE(interval.has_value()) << row.n;
    EXPECT_EQ(interval->low, row.low) << row.n;
    EXPECT_EQ(interval->high, row.high) << row.n;
    EXPECT_NEAR(interval->confidence, row.confidence, 5e-4) << row.n;
  }
}

TEST(MedianInterval, IsEmptyWhereTheValuesAreTooFew) {
  for (size_t n = 0; n < 6; ++n) EXPECT_FALSE(MedianInterval(OneTo(n), 0.95).has_value()) << n;
  EXPECT_TRUE(MedianInterval(OneTo(6), 0.95).has_value());
  EXPECT_FALSE(MedianInterval(OneTo(1), 0.5).has_value());
}

TEST(MedianInterval, MeetsAConfidenceExactly) {
  const auto interval = MedianInterval(OneTo(5), 0.9375);
  ASSERT_TRUE(interval.has_value());
  EXPECT_EQ(interval->low, 1);
  EXPECT_EQ(interval->high, 5);
}

TEST(MedianInterval, OfTiesIsThePoint) {
  const auto interval = MedianInterval(std::vector<double>(20, 3.5), 0.95);
  ASSERT_TRUE(interval.has_value());
  EXPECT_EQ(interval->low, 3.5);
  EXPECT_EQ(interval->high, 3.5);
  EXPECT_EQ(MinimalDetectableEffect(*interval), 0.0);
}

TEST(MedianInterval, RefusesNonsense) {
  EXPECT_THROW(MedianInterval(OneTo(9), 0.0), std::invalid_argument);
  EXPECT_THROW(MedianInterval(OneTo(9), 1.0), std::invalid_argument);
  EXPECT_THROW(MedianInterval(std::vector<double>{std::nan("")}, 0.5), std::invalid_argument);
}

// With skewed values and outliers, the interval covers the true median as often as it says.
TEST(MedianInterval, CoversTheMedianOfSkewedValues) {
  std::mt19937_64 random(20261121);
  std::lognormal_distribution<double> skewed(0.0, 1.5);
  for (const size_t n : {10U, 20U, 61U}) {
    const int trials = 4000;
    int covered = 0;
    double confidence = 0;
    for (int trial = 0; trial < trials; ++trial) {
      std::vector<double> values(n);
      for (double& value : values) value = skewed(random);
      const auto interval = MedianInterval(values, 0.95);
      ASSERT_TRUE(interval.has_value());
      confidence = interval->confidence;
      covered += interval->low <= 1.0 && 1.0 <= interval->high;  // exp(0) is the median
    }
    const double share = static_cast<double>(covered) / trials;
    EXPECT_GE(share, 0.95 - 0.01) << n;
    EXPECT_NEAR(share, confidence, 0.012) << n;
  }
}

TEST(MedianInterval, IsTheInversionOfTheSignTest) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal(0.3, 1.0);
  int outside = 0;
  for (int trial = 0; trial < 500; ++trial) {
    std::vector<double> values(25);
    for (double& value : values) value = normal(random);
    const auto interval = MedianInterval(values, 0.95);
    ASSERT_TRUE(interval.has_value());
    const bool excludes_zero = interval->low > 0 || interval->high < 0;
    outside += excludes_zero;
    EXPECT_EQ(excludes_zero, SignTest(values) <= 0.05);
  }
  EXPECT_GT(outside, 20);
  EXPECT_LT(outside, 480);
}

TEST(MinimalDetectableEffect, IsOneFourThreeHalfWidths) {
  EXPECT_DOUBLE_EQ(MinimalDetectableEffect({-0.01, 0.03, 0.95}), 1.43 * 0.02);
}

// If the true effect equals the minimal detectable one, 80 % of the measurements find it.
TEST(MinimalDetectableEffect, IsFoundInFourOfFive) {
  std::mt19937_64 random(11);
  const int trials = 1500;
  const size_t n = 121;
  std::normal_distribution<double> noise(0.0, 1.0);
  double detectable = 0;
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<double> values(n);
    for (double& value : values) value = noise(random);
    detectable += MinimalDetectableEffect(*MedianInterval(values, 0.95)) / 300;
  }
  int found = 0;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> values(n);
    for (double& value : values) value = noise(random) + detectable;
    found += SignTest(values) <= 0.05;
  }
  EXPECT_NEAR(static_cast<double>(found) / trials, 0.8, 0.06);
}

}  // namespace
}  // namespace procmark::stats
