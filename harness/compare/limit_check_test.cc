// Benchmarks against their limits.
#include "harness/compare/limit_check.h"

#include <gtest/gtest.h>

#include "harness/compare/test/made_run.h"

namespace procmark::compare {
namespace {

using LimitState = LimitRow::State;

store::Run WithLimit(store::Clock clock, int64_t rounds, int64_t bounded, int64_t wobble) {
  store::Run run = MadeRun("r", {MadeCell("c", clock)});
  for (int64_t round = 0; round < rounds; ++round) {
    AddSlice(run, "c", "limit/fork", round, {100000 + wobble * ((round * 5) % 11 - 5)});
    AddSlice(run, "c", "fork", round, {bounded + wobble * ((round * 7) % 11 - 5)});
  }
  return run;
}

LimitRow One(const store::Run& run) {
  const auto rows = LimitTable(run, "c", {{"limit/fork", "fork"}});
  EXPECT_EQ(rows.size(), 1U);
  return rows.at(0);
}

TEST(LimitTable, TellsWithinFromBeyond) {
  EXPECT_EQ(One(WithLimit(store::Clock::kWall, 33, 102000, 100)).state, LimitState::kWithin);
  EXPECT_EQ(One(WithLimit(store::Clock::kWall, 33, 110000, 100)).state, LimitState::kBeyond);
  EXPECT_EQ(One(WithLimit(store::Clock::kWall, 33, 90000, 100)).state, LimitState::kBeyond);
  EXPECT_EQ(One(WithLimit(store::Clock::kWall, 33, 105000, 1500)).state, LimitState::kUnclear);
  EXPECT_EQ(One(WithLimit(store::Clock::kWall, 9, 100000, 0)).state, LimitState::kUnclear);
}

TEST(LimitTable, GivesTheRatioAndBothCosts) {
  const LimitRow row = One(WithLimit(store::Clock::kWall, 33, 102000, 100));
  EXPECT_NEAR(*row.ratio, 1.02, 1e-3);
  EXPECT_NEAR(row.limit_per_operation, 100000, 1e-9);
  EXPECT_EQ(row.pairs, 33);
  EXPECT_TRUE(row.interval.has_value());
}

// Slices of 30 samples; one in four of the bounded one is as fast as the limit's, the others are as
// much slower as is said.
store::Run TwoStates(store::Clock clock, int64_t limit, int64_t fast, int64_t slow) {
  store::Run run = MadeRun("r", {MadeCell("c", clock)});
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

TEST(LimitTable, TellsTheStateOfTheCpuFromWhatTheCodeAdds) {
  const LimitRow state = One(TwoStates(store::Clock::kWall, 10000, 10010, 11500));
  EXPECT_EQ(state.state, LimitState::kAtBest) << state.sentence;
  EXPECT_NEAR(*state.ratio, 1.15, 0.01);
  EXPECT_NEAR(*state.best_ratio, 1.001, 0.005);
  EXPECT_NE(state.sentence.find("fastest hundredth"), std::string::npos) << state.sentence;
  // What is in every sample is in the fastest too.
  EXPECT_EQ(One(TwoStates(store::Clock::kWall, 10000, 10700, 11500)).state, LimitState::kBeyond);
  // A limit that is the slower one says as little as a faster one.
  EXPECT_EQ(One(TwoStates(store::Clock::kWall, 11500, 11500, 9000)).state, LimitState::kBeyond);
  EXPECT_FALSE(One(TwoStates(store::Clock::kWall, 10000, 10010, 10100)).best_ratio);
  EXPECT_FALSE(One(TwoStates(store::Clock::kTcg, 10000, 10010, 11500)).best_ratio);
  EXPECT_FALSE(One(TwoStates(store::Clock::kExact, 10000, 11500, 11500)).best_ratio);
}

TEST(LimitTable, AClockTooCoarseForRatiosHasNoFastestSamples) {
  store::Run run = TwoStates(store::Clock::kWall, 10000, 10010, 11500);
  run.slices.front().slice.samples.front() = 0;
  const LimitRow row = One(run);
  EXPECT_EQ(row.state, LimitState::kBeyond);
  EXPECT_FALSE(row.best_ratio);
}

TEST(LimitTable, TheExactClockHasNoInterval) {
  const LimitRow row = One(WithLimit(store::Clock::kExact, 1, 105000, 0));
  EXPECT_EQ(row.state, LimitState::kWithin);
  EXPECT_FALSE(row.interval.has_value());
  EXPECT_EQ(One(WithLimit(store::Clock::kExact, 1, 105001, 0)).state, LimitState::kBeyond);
  EXPECT_EQ(One(WithLimit(store::Clock::kTcg, 33, 200000, 0)).state, LimitState::kUnclear);
}

TEST(LimitTable, SaysWhatIsAbsent) {
  const store::Run run = WithLimit(store::Clock::kWall, 12, 100000, 0);
  const auto rows = LimitTable(run, "c", {{"limit/exec", "exec"}, {"limit/fork", "fork"}});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].state, LimitState::kAbsent);
  EXPECT_EQ(rows[1].state, LimitState::kWithin);
}

}  // namespace
}  // namespace procmark::compare
