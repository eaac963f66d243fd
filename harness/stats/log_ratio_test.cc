// SPDX-License-Identifier: MIT
// Log ratios of paired measurements.
#include "harness/stats/log_ratio.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace procmark::stats {
namespace {

TEST(PairedLogRatios, AreLogarithmsOfBOverA) {
  const std::vector<double> a = {100, 200, 50};
  const std::vector<double> b = {105, 200, 25};
  const std::vector<double> ratios = PairedLogRatios(a, b);
  EXPECT_DOUBLE_EQ(ratios[0], std::log(1.05));
  EXPECT_DOUBLE_EQ(ratios[1], 0.0);
  EXPECT_DOUBLE_EQ(ratios[2], -std::log(2.0));
}

TEST(PairedLogRatios, ChangeOnlyTheirSignWithTheSides) {
  const std::vector<double> a = {101, 97};
  const std::vector<double> b = {103, 91};
  const std::vector<double> forth = PairedLogRatios(a, b);
  const std::vector<double> back = PairedLogRatios(b, a);
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(forth[i], -back[i], 1e-15);
}

TEST(PairedLogRatios, RefuseNonsense) {
  const std::vector<double> one = {1};
  EXPECT_TRUE(PairedLogRatios({}, {}).empty());
  EXPECT_THROW(PairedLogRatios(one, {}), std::invalid_argument);
  EXPECT_THROW(PairedLogRatios(one, std::vector<double>{0}), std::invalid_argument);
  EXPECT_THROW(PairedLogRatios(std::vector<double>{-1}, one), std::invalid_argument);
  EXPECT_THROW(PairedLogRatios(std::vector<double>{std::nan("")}, one), std::invalid_argument);
}

}  // namespace
}  // namespace procmark::stats
