// SPDX-License-Identifier: MIT
// Benjamini-Hochberg: the example of the 1995 paper, edge cases and a simulation.
#include "harness/stats/benjamini_hochberg.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <stdexcept>

namespace procmark::stats {
namespace {

// The fifteen p-values of the 1995 paper: at 0.05, exactly the first four are rejected.
TEST(BenjaminiHochberg, RejectsFourOfThePapersFifteen) {
  const std::vector<double> p = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                                 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000};
  const std::vector<double> q = BenjaminiHochberg(p);
  EXPECT_EQ(std::count_if(q.begin(), q.end(), [](double x) { return x <= 0.05; }), 4);
  EXPECT_NEAR(q[0], 0.0015, 1e-12);
  EXPECT_NEAR(q[3], 0.035625, 1e-12);
  EXPECT_NEAR(q[4], 0.0201 * 15 / 5, 1e-12);
  EXPECT_NEAR(q[14], 1.0, 1e-12);
}

TEST(BenjaminiHochberg, KeepsTheOrderGivenAndIsMonotone) {
  const std::vector<double> q = BenjaminiHochberg(std::vector<double>{0.04, 0.01, 0.03});
  EXPECT_NEAR(q[1], 0.03, 1e-12);
  EXPECT_NEAR(q[2], 0.04, 1e-12);  // 0.045 is capped by its successor
  EXPECT_NEAR(q[0], 0.04, 1e-12);
}

TEST(BenjaminiHochberg, HandlesTiesOneAndNone) {
  EXPECT_TRUE(BenjaminiHochberg({}).empty());
  EXPECT_EQ(BenjaminiHochberg(std::vector<double>{0.03}), (std::vector<double>{0.03}));
  EXPECT_EQ(BenjaminiHochberg(std::vector<double>{0.02, 0.02}), (std::vector<double>{0.02, 0.02}));
  EXPECT_EQ(BenjaminiHochberg(std::vector<double>{0.0, 1.0}), (std::vector<double>{0.0, 1.0}));
}

TEST(BenjaminiHochberg, RefusesNumbersThatAreNotProbabilities) {
  EXPECT_THROW(BenjaminiHochberg(std::vector<double>{1.2}), std::invalid_argument);
  EXPECT_THROW(BenjaminiHochberg(std::vector<double>{-0.1}), std::invalid_argument);
}

TEST(BenjaminiHochberg, RarelyRejectsAnythingWhenAllIsNull) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  int families_with_alarm = 0;
  const int families = 2000;
  for (int family = 0; family < families; ++family) {
    std::vector<double> p(100);
    for (double& value : p) value = uniform(random);
    const std::vector<double> q = BenjaminiHochberg(p);
    families_with_alarm += *std::min_element(q.begin(), q.end()) <= 0.05;
  }
  EXPECT_NEAR(static_cast<double>(families_with_alarm) / families, 0.05, 0.015);
}

}  // namespace
}  // namespace procmark::stats
