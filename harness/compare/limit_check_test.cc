// SPDX-License-Identifier: MIT
// Benchmarks compared with their limits.
#include "harness/compare/limit_check.h"

#include <gtest/gtest.h>

#include "harness/compare/test/synthetic_run.h"

namespace procmark::compare {
namespace {

using LimitState = LimitCheck::State;

store::Run WithLimit(store::Clock clock, int64_t rounds, int64_t bounded, int64_t wobble) {
  store::Run run = MakeRun("r", {MakeCell("c", clock)});
  for (int64_t round = 0; round < rounds; ++round) {
    AddSlice(run, "c", "limit/fork", round, {100000 + wobble * ((round * 5) % 11 - 5)});
    AddSlice(run, "c", "fork", round, {bounded + wobble * ((round * 7) % 11 - 5)});
  }
  return run;
}

LimitCheck One(const store::Run& run) {
  const auto rows = CheckLimits(run, "c", {{"limit/fork", "fork"}});
  EXPECT_EQ(rows.size(), 1U);
  return rows.at(0);
}

TEST(CheckLimits, DistinguishesWithinFromBeyond) {
  EXPECT_EQ(One(WithLimit(store::Clock::kWall, 33, 102000, 100)).state, LimitState::kWithin);
  EXPECT_EQ(One(WithLimit(store::Clock::kWall, 33, 110000, 100)).state, LimitState::kBeyond);
  EXPECT_EQ(One(WithLimit(store::Clock::kWall, 33, 90000, 100)).state, LimitState::kBeyond);
  EXPECT_EQ(One(WithLimit(store::Clock::kWall, 33, 105000, 1500)).state, LimitState::kUnclear);
  EXPECT_EQ(One(WithLimit(store::Clock::kWall, 9, 100000, 0)).state, LimitState::kUnclear);
}

TEST(CheckLimits, GivesTheRatioAndBothCosts) {
  const LimitCheck row = One(WithLimit(store::Clock::kWall, 33, 102000, 100));
  EXPECT_NEAR(*row.ratio, 1.02, 1e-3);
  EXPECT_NEAR(row.limit_per_operation, 100000, 1e-9);
  EXPECT_EQ(row.pairs, 33);
  EXPECT_TRUE(row.interval.has_value());
}

// 40 slices of 30 samples around these costs. One in four slices of the benchmark is `fast`, the
// others are `slow`.
store::Run TwoStates(store::Clock clock, int64_t limit, int64_t fast, int64_t slow) {
  store::Run run = MakeRun("r", {MakeCell("c", clock)});
  for (int64_t round = 0; round < 40; ++round) {
    std::vector<int64_t> of_limit;
    std::vector<int64_t> bounded;
    for (int64_t i = 0; i < 30; ++i) {
      of_limit.push_back(limit + (i * 7 + round * 3) % 40);
      bounded.push_back((round % 4 == 0 ? fast : slow) + (i * 11 + round * 5) % 40);
    }
    AddSlice(run, "c", "limit/fork", round, of_limit);
    AddSlice(run, "c", "fork", round, bounded);
  }
  return run;
}

TEST(CheckLimits, DistinguishesTheStateOfTheCpuFromAddedCode) {
  const LimitCheck state = One(TwoStates(store::Clock::kWall, 10000, 10010, 11500));
  EXPECT_EQ(state.state, LimitState::kWithinAtFastest) << state.sentence;
  EXPECT_NEAR(*state.ratio, 1.15, 0.01);
  EXPECT_NEAR(*state.fastest_ratio, 1.001, 0.005);
  EXPECT_NE(state.sentence.find("fastest 1 %"), std::string::npos) << state.sentence;
  // A cost in every sample is also in the fastest ones.
  EXPECT_EQ(One(TwoStates(store::Clock::kWall, 10000, 10700, 11500)).state, LimitState::kBeyond);
  // A limit that is slower than the benchmark is useless too.
  EXPECT_EQ(One(TwoStates(store::Clock::kWall, 11500, 11500, 9000)).state, LimitState::kBeyond);
  EXPECT_FALSE(One(TwoStates(store::Clock::kWall, 10000, 10010, 10100)).fastest_ratio);
  EXPECT_FALSE(One(TwoStates(store::Clock::kTcg, 10000, 10010, 11500)).fastest_ratio);
  EXPECT_FALSE(One(TwoStates(store::Clock::kExact, 10000, 11500, 11500)).fastest_ratio);
}

TEST(CheckLimits, ASampleOfZeroAllowsNoRatioOfTheFastestSamples) {
  store::Run run = TwoStates(store::Clock::kWall, 10000, 10010, 11500);
  run.slices.front().slice.samples.front() = 0;
  const LimitCheck row = One(run);
  EXPECT_EQ(row.state, LimitState::kBeyond);
  EXPECT_FALSE(row.fastest_ratio);
}

TEST(CheckLimits, TheExactClockHasNoInterval) {
  const LimitCheck row = One(WithLimit(store::Clock::kExact, 1, 105000, 0));
  EXPECT_EQ(row.state, LimitState::kWithin);
  EXPECT_FALSE(row.interval.has_value());
  EXPECT_EQ(One(WithLimit(store::Clock::kExact, 1, 105001, 0)).state, LimitState::kBeyond);
  EXPECT_EQ(One(WithLimit(store::Clock::kTcg, 33, 200000, 0)).state, LimitState::kUnclear);
}

TEST(CheckLimits, ReportsALimitThatWasNotMeasured) {
  const store::Run run = WithLimit(store::Clock::kWall, 12, 100000, 0);
  const auto rows = CheckLimits(run, "c", {{"limit/exec", "exec"}, {"limit/fork", "fork"}});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].state, LimitState::kAbsent);
  EXPECT_EQ(rows[1].state, LimitState::kWithin);
}

}  // namespace
}  // namespace procmark::compare
