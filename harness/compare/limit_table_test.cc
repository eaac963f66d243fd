// Benchmarks against their limits.
#include "harness/compare/limit_table.h"

#include <gtest/gtest.h>

#include "harness/compare/made_run.h"

namespace procmark::compare {
namespace {

using State = LimitRow::State;

store::Run WithLimit(store::Clock clock, int64_t rounds, int64_t bounded, int64_t wobble) {
  store::Run run = MadeRun("r", {MadeCell("c", clock)});
  for (int64_t round = 0; round < rounds; ++round) {
    AddSlice(run, "c", "limit/fork", round, {100000});
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
  EXPECT_EQ(One(WithLimit(store::Clock::kWall, 33, 102000, 100)).state, State::kWithin);
  EXPECT_EQ(One(WithLimit(store::Clock::kWall, 33, 110000, 100)).state, State::kBeyond);
  EXPECT_EQ(One(WithLimit(store::Clock::kWall, 33, 90000, 100)).state, State::kBeyond);
  EXPECT_EQ(One(WithLimit(store::Clock::kWall, 33, 105000, 1500)).state, State::kUnclear);
  EXPECT_EQ(One(WithLimit(store::Clock::kWall, 9, 100000, 0)).state, State::kUnclear);
}

TEST(LimitTable, GivesTheRatioAndBothCosts) {
  const LimitRow row = One(WithLimit(store::Clock::kWall, 33, 102000, 100));
  EXPECT_NEAR(*row.ratio, 1.02, 1e-3);
  EXPECT_NEAR(row.limit_per_operation, 100000, 1e-9);
  EXPECT_EQ(row.pairs, 33);
  EXPECT_TRUE(row.interval.has_value());
}

TEST(LimitTable, TheExactClockHasNoInterval) {
  const LimitRow row = One(WithLimit(store::Clock::kExact, 1, 105000, 0));
  EXPECT_EQ(row.state, State::kWithin);
  EXPECT_FALSE(row.interval.has_value());
  EXPECT_EQ(One(WithLimit(store::Clock::kExact, 1, 105001, 0)).state, State::kBeyond);
  EXPECT_EQ(One(WithLimit(store::Clock::kTcg, 33, 200000, 0)).state, State::kUnclear);
}

TEST(LimitTable, SaysWhatIsAbsent) {
  const store::Run run = WithLimit(store::Clock::kWall, 12, 100000, 0);
  const auto rows = LimitTable(run, "c", {{"limit/exec", "exec"}, {"limit/fork", "fork"}});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].state, State::kAbsent);
  EXPECT_EQ(rows[1].state, State::kWithin);
}

}  // namespace
}  // namespace procmark::compare
