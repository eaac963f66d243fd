// SPDX-License-Identifier: MIT
// Hodges-Lehmann: averages computed by hand, intervals of R's wilcox.test, and coverage.
#include "harness/stats/hodges_lehmann.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

namespace procmark::stats {
namespace {

TEST(HodgesLehmann, IsTheMedianOfWalshAverages) {
  // The Walsh averages of 1, 2, 6 are 1, 1.5, 2, 3.5, 4, 6.
  EXPECT_DOUBLE_EQ(HodgesLehmann(std::vector<double>{1, 2, 6}, 0.5).centre, 2.75);
  EXPECT_DOUBLE_EQ(HodgesLehmann(std::vector<double>{5}, 0.5).centre, 5);
}

// R's psignrank: P(T <= 0) is 1/64 for n = 6, so the interval leaves out 0 averages at each end.
// P(T <= 8) is 0.0244 for n = 10, so it leaves out 8 (R: qsignrank(0.025, 10) is 9).
TEST(HodgesLehmann, CutsTheAveragesOfTheSignedRankTable) {
  const auto six = HodgesLehmann(std::vector<double>{1, 2, 3, 4, 5, 6}, 0.95);
  ASSERT_TRUE(six.interval.has_value());
  EXPECT_DOUBLE_EQ(six.interval->low, 1);
  EXPECT_DOUBLE_EQ(six.interval->high, 6);
  EXPECT_DOUBLE_EQ(six.interval->confidence, 0.96875);

  // The smallest Walsh averages of 1, 2, 4, 8 … 512 are 1, 1.5, 2, 2.5, 3, 4, 4.5, 5, 6.
  std::vector<double> powers;
  for (int i = 0; i < 10; ++i) powers.push_back(std::ldexp(1.0, i));
  const auto ten = HodgesLehmann(powers, 0.95);
  ASSERT_TRUE(ten.interval.has_value());
  EXPECT_DOUBLE_EQ(ten.interval->low, 6);
  EXPECT_NEAR(ten.interval->confidence, 1 - 2 * 25.0 / 1024, 1e-12);
}

TEST(HodgesLehmann, HasNoIntervalWhereTheValuesAreTooFew) {
  EXPECT_FALSE(HodgesLehmann(std::vector<double>{1, 2, 3, 4, 5}, 0.95).interval.has_value());
  EXPECT_FALSE(HodgesLehmann(std::vector<double>{1}, 0.95).interval.has_value());
}

TEST(HodgesLehmann, OfTiesIsThePoint) {
  const auto estimate = HodgesLehmann(std::vector<double>(30, 2.0), 0.95);
  EXPECT_EQ(estimate.centre, 2.0);
  EXPECT_EQ(estimate.interval->low, 2.0);
  EXPECT_EQ(estimate.interval->high, 2.0);
}

TEST(HodgesLehmann, RefusesNonsense) {
  EXPECT_THROW(HodgesLehmann(std::vector<double>{}, 0.95), std::invalid_argument);
  EXPECT_THROW(HodgesLehmann(std::vector<double>{1}, 1.0), std::invalid_argument);
  EXPECT_THROW(HodgesLehmann(std::vector<double>{std::nan("")}, 0.95), std::invalid_argument);
}

// Covers the exact distribution (20, 60 values) and the normal approximation (61, 120).
TEST(HodgesLehmann, CoversTheCentreOfSymmetricValues) {
  std::mt19937_64 random(42);
  std::student_t_distribution<double> heavy(3.0);
  for (const size_t n : {20U, 60U, 61U, 120U}) {
    const int trials = 1500;
    int covered = 0;
    for (int trial = 0; trial < trials; ++trial) {
      std::vector<double> values(n);
      for (double& value : values) value = heavy(random) + 4.0;
      const auto estimate = HodgesLehmann(values, 0.95);
      ASSERT_TRUE(estimate.interval.has_value());
      covered += estimate.interval->low <= 4.0 && 4.0 <= estimate.interval->high;
    }
    EXPECT_NEAR(static_cast<double>(covered) / trials, 0.953, 0.018) << n;
  }
}

}  // namespace
}  // namespace procmark::stats
