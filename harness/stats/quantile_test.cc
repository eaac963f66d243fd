// SPDX-License-Identifier: MIT
// Quantiles: values computed by hand and by R's quantile(type = 7).
#include "harness/stats/quantile.h"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

namespace procmark::stats {
namespace {

TEST(Quantile, IsTypeSeven) {
  // R: quantile(c(1, 2, 4, 8, 16), c(.25, .5, .9, .1), type = 7)
  const std::vector<double> values = {16, 1, 4, 2, 8};
  EXPECT_DOUBLE_EQ(Quantile(values, 0.25), 2.0);
  EXPECT_DOUBLE_EQ(Quantile(values, 0.5), 4.0);
  EXPECT_DOUBLE_EQ(Quantile(values, 0.9), 12.8);
  EXPECT_DOUBLE_EQ(Quantile(values, 0.1), 1.4);
  EXPECT_DOUBLE_EQ(Quantile(values, 0.0), 1.0);
  EXPECT_DOUBLE_EQ(Quantile(values, 1.0), 16.0);
}

TEST(Quantile, InterpolatesBetweenTheMiddleTwo) {
  EXPECT_DOUBLE_EQ(Median(std::vector<double>{1, 2, 3, 10}), 2.5);
  EXPECT_DOUBLE_EQ(Quantile(std::vector<double>{1, 2, 3, 10}, 0.25), 1.75);
}

TEST(Quantile, OfOneValueIsThatValue) {
  for (const double p : {0.0, 0.25, 0.5, 0.99, 1.0}) {
    EXPECT_DOUBLE_EQ(Quantile(std::vector<double>{7}, p), 7.0);
  }
}

TEST(Quantile, OfIntegersAgrees) {
  EXPECT_DOUBLE_EQ(Quantile(std::vector<int64_t>{4, 1, 2, 3}, 0.5), 2.5);
}

TEST(Quantile, RefusesNonsense) {
  EXPECT_THROW(Quantile(std::vector<double>{}, 0.5), std::invalid_argument);
  EXPECT_THROW(Quantile(std::vector<double>{1}, 1.5), std::invalid_argument);
  EXPECT_THROW(Quantile(std::vector<double>{1}, -0.1), std::invalid_argument);
  EXPECT_THROW(Quantile(std::vector<double>{1}, std::numeric_limits<double>::quiet_NaN()),
               std::invalid_argument);
  EXPECT_THROW(Quantile(std::vector<double>{1, std::numeric_limits<double>::infinity()}, 0.5),
               std::invalid_argument);
}

TEST(LowerQuantile, IsAnObservedValue) {
  EXPECT_EQ(LowerQuantile(std::vector<int64_t>{10, 40, 20, 30}, 0.25), 10);
  EXPECT_EQ(LowerQuantile(std::vector<int64_t>{10, 40, 20, 30, 50}, 0.25), 20);
  EXPECT_EQ(LowerQuantile(std::vector<int64_t>{10, 40, 20, 30, 50}, 1.0), 50);
  EXPECT_EQ(LowerQuantile(std::vector<int64_t>{9}, 0.25), 9);
  EXPECT_THROW(LowerQuantile(std::vector<int64_t>{}, 0.25), std::invalid_argument);
}

TEST(LowerQuantile, KeepsIntegersThatADoubleWouldRound) {
  const int64_t large = (int64_t{1} << 53) + 1;
  EXPECT_EQ(LowerQuantile(std::vector<int64_t>{large}, 0.25), large);
}

TEST(Summarize, GivesEveryNumber) {
  const Summary summary = Summarize(std::vector<int64_t>{5, 1, 3, 2, 4});
  EXPECT_EQ(summary.n, 5);
  EXPECT_DOUBLE_EQ(summary.min, 1);
  EXPECT_DOUBLE_EQ(summary.q25, 2);
  EXPECT_DOUBLE_EQ(summary.median, 3);
  EXPECT_DOUBLE_EQ(summary.mean, 3);
  EXPECT_DOUBLE_EQ(summary.p90, 4.6);
  EXPECT_DOUBLE_EQ(summary.p99, 4.96);
  EXPECT_DOUBLE_EQ(summary.max, 5);
  EXPECT_THROW(Summarize(std::vector<double>{}), std::invalid_argument);
}

}  // namespace
}  // namespace procmark::stats
