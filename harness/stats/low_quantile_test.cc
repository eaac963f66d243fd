// SPDX-License-Identifier: MIT
// The ratio of the fastest samples: its value, the coverage of its interval, and its robustness.
#include "harness/stats/low_quantile.h"

#include <gtest/gtest.h>

#include <random>
#include <stdexcept>

namespace procmark::stats {
namespace {

// Makes `clusters` clusters of `size` samples. A whole cluster is 25 % slower with probability
// `slow`. Each sample is longer than `floor` by a random share of up to 10 %.
std::vector<Cluster> TwoStates(uint64_t seed, size_t clusters, size_t size, double floor,
                               double slow) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> unit(0, 1);
  std::vector<Cluster> made(clusters);
  for (Cluster& cluster : made) {
    const double base = unit(random) < slow ? floor * 1.25 : floor;
    for (size_t i = 0; i < size; ++i)
      cluster.push_back(static_cast<int64_t>(base * (1 + unit(random) / 10)));
  }
  return made;
}

TEST(LowQuantile, IsASampleAtItsRank) {
  const std::vector<Cluster> a = {{100, 200, 300}, {400, 500}};
  const std::vector<Cluster> b = {{1000}, {50, 60}};
  // Ranks floor(4 * 0.5) = 2 and floor(2 * 0.5) = 1.
  EXPECT_DOUBLE_EQ(CompareLowQuantiles(a, b, 0.5, 0.95).ratio, 60.0 / 300.0);
  EXPECT_DOUBLE_EQ(CompareLowQuantiles(a, b, 0.01, 0.95).ratio, 0.5);
}

TEST(LowQuantile, DoesNotDependOnHowOftenASideIsSlow) {
  const auto mostly_fast = TwoStates(1, 100, 100, 10000, 0.1);
  const auto mostly_slow = TwoStates(2, 100, 100, 10000, 0.9);
  const LowQuantileRatio result = CompareLowQuantiles(mostly_fast, mostly_slow, 0.01, 0.95);
  EXPECT_NEAR(result.ratio, 1, 0.02);
  ASSERT_TRUE(result.interval);
  EXPECT_GT(result.interval->low, 0.95);
  EXPECT_LT(result.interval->high, 1.05);
}

TEST(LowQuantile, FindsACostThatEverySampleHas) {
  const auto plain = TwoStates(3, 100, 100, 10000, 0.5);
  const auto slower = TwoStates(4, 100, 100, 10700, 0.5);
  const LowQuantileRatio result = CompareLowQuantiles(plain, slower, 0.01, 0.95);
  ASSERT_TRUE(result.interval);
  EXPECT_GT(result.interval->low, 1.05);
}

// If a side was fast in none of its sixty clusters, the interval is wholly above 1. If it was fast
// in one of them, the interval contains both states.
TEST(LowQuantile, IsUncertainWhereTheFastStateIsRare) {
  const auto fast = TwoStates(5, 60, 30, 10000, 0);
  auto slow = TwoStates(6, 60, 30, 10000, 1);
  EXPECT_GT(CompareLowQuantiles(fast, slow, 0.01, 0.95).interval->low, 1.2);
  slow.front() = fast.front();
  const LowQuantileRatio result = CompareLowQuantiles(fast, slow, 0.01, 0.95);
  EXPECT_LT(result.interval->low, 1.05);
  EXPECT_GT(result.interval->high, 1.2);
}

TEST(LowQuantile, CoversTheTruthAboutAsOftenAsItSays) {
  int covered = 0;
  constexpr int kTries = 200;
  for (uint64_t seed = 0; seed < kTries; ++seed) {
    const auto a = TwoStates(1000 + 2 * seed, 60, 50, 10000, 0.3);
    const auto b = TwoStates(1001 + 2 * seed, 60, 50, 10000, 0.3);
    const LowQuantileRatio result = CompareLowQuantiles(a, b, 0.01, 0.95);
    if (result.interval->low <= 1 && 1 <= result.interval->high) ++covered;
  }
  EXPECT_GE(covered, kTries * 88 / 100);
}

TEST(LowQuantile, IsTheSameEveryTime) {
  const auto a = TwoStates(7, 20, 30, 10000, 0.3);
  const auto b = TwoStates(8, 20, 30, 10000, 0.3);
  const LowQuantileRatio first = CompareLowQuantiles(a, b, 0.01, 0.95);
  const LowQuantileRatio second = CompareLowQuantiles(a, b, 0.01, 0.95);
  EXPECT_EQ(first.interval->low, second.interval->low);
  EXPECT_EQ(first.interval->high, second.interval->high);
}

TEST(LowQuantile, HasNoIntervalFromOneCluster) {
  EXPECT_FALSE(
      CompareLowQuantiles(std::vector<Cluster>{{1, 2}}, std::vector<Cluster>{{1}, {2}}, 0.01, 0.95)
          .interval);
}

TEST(LowQuantile, RefusesWhatItCannotCompare) {
  const std::vector<Cluster> good = {{1, 2}, {3}};
  const std::vector<Cluster> none = {{}, {}};
  const std::vector<Cluster> zero = {{0, 1}};
  EXPECT_THROW(CompareLowQuantiles(good, none, 0.01, 0.95), std::invalid_argument);
  EXPECT_THROW(CompareLowQuantiles(zero, good, 0.01, 0.95), std::invalid_argument);
  EXPECT_THROW(CompareLowQuantiles(good, good, 0, 0.95), std::invalid_argument);
  EXPECT_THROW(CompareLowQuantiles(good, good, 0.01, 1), std::invalid_argument);
}

}  // namespace
}  // namespace procmark::stats
