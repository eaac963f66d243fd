// Slopes of made runs, whose lines are known.
#include "harness/compare/sweep_slope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "harness/compare/test/made_run.h"

namespace procmark::compare {
namespace {

using Form = SlopeRow::Form;
using Slope = SlopeChange::State;
using testing::HasSubstr;

std::string NameAt(int64_t fds) {
  return fds == 0 ? "fork/to:reaped" : "fork/fds:" + std::to_string(fds) + "/to:reaped";
}

const std::vector<int64_t> kPlaces = {0, 64, 1024, 8192};

using Cost = std::function<double(int64_t fds)>;

store::Run ExactRun(const Cost& cost) {
  store::Run run = MadeRun("x", {MadeCell("guest", store::Clock::kExact)});
  for (const int64_t fds : kPlaces) {
    const auto instructions = static_cast<int64_t>(cost(fds));
    AddSlice(run, "guest", NameAt(fds), 0, {instructions, instructions}, 1, "instructions");
  }
  return run;
}

// `rounds` of cells a and b on a noisy host.
store::Run NoisyRun(int64_t rounds, const Cost& a, const Cost& b) {
  store::Run run = TwoNoisyCells();
  NoisyHost host(7);
  for (int64_t round = 0; round < rounds; ++round) {
    for (const int64_t fds : kPlaces) {
      host.NextRound();
      AddSlice(run, "a", NameAt(fds), round, host.Samples(a(fds)));
      AddSlice(run, "b", NameAt(fds), round, host.Samples(b(fds)));
    }
  }
  return run;
}

double Straight(int64_t fds) { return 50'000 + 30.0 * static_cast<double>(fds); }

TEST(Slope, OfExactCostsIsExact) {
  const store::Run run = ExactRun(Straight);
  const std::vector<SlopeRow> rows = SlopesOfRun(run);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].cell, "guest");
  EXPECT_EQ(rows[0].sweep, "fork/fds:*/to:reaped");
  EXPECT_EQ(rows[0].unit, "instructions");
  EXPECT_EQ(rows[0].per, "descriptor");
  EXPECT_NEAR(rows[0].slope, 30, 1e-9);
  EXPECT_NEAR(rows[0].intercept, 50'000, 1e-6);
  EXPECT_NEAR(rows[0].slope_interval->low, 30, 1e-9);
  EXPECT_NEAR(rows[0].slope_interval->high, 30, 1e-9);
  EXPECT_FALSE(rows[0].intercept_interval);
  EXPECT_EQ(rows[0].form, Form::kLinear);
}

TEST(Slope, AStepIsSaidToBeBent) {
  const store::Run run =
      ExactRun([](int64_t fds) { return Straight(fds) + (fds >= 1024 ? 40'000 : 0); });
  const std::vector<SlopeRow> rows = SlopesOfRun(run);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].form, Form::kBent);
  EXPECT_THAT(rows[0].sentence, HasSubstr("misses fork/fds:"));
  EXPECT_LT(rows[0].slope_interval->low, rows[0].slope_interval->high);
}

TEST(Slope, WhatHardlyRisesIsFlat) {
  const store::Run run = ExactRun([](int64_t fds) { return fds == 0 ? 75'000 : 75'400; });
  ASSERT_EQ(SlopesOfRun(run).size(), 1U);
  EXPECT_EQ(SlopesOfRun(run)[0].form, Form::kFlat);
}

TEST(Slope, OfANoisyHostHasAnInterval) {
  const store::Run run = NoisyRun(20, Straight, [](int64_t) { return 50'000.0; });
  const std::vector<SlopeRow> rows = SlopesOfRun(run);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].rounds, 20);
  EXPECT_NEAR(rows[0].slope, 30, 1.5);
  ASSERT_TRUE(rows[0].slope_interval);
  EXPECT_LT(rows[0].slope_interval->low, 30);
  EXPECT_GT(rows[0].slope_interval->high, 30);
  EXPECT_LT(rows[0].intercept_interval->low, 50'000);
  EXPECT_GT(rows[0].intercept_interval->high, 50'000);
  EXPECT_NE(rows[0].form, Form::kFlat);
  EXPECT_LT(rows[1].slope_interval->low, 0);
  EXPECT_GT(rows[1].slope_interval->high, 0);
}

TEST(Slope, TooFewRoundsHaveNoInterval) {
  const store::Run run = NoisyRun(3, Straight, Straight);
  const std::vector<SlopeRow> rows = SlopesOfRun(run);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_FALSE(rows[0].slope_interval);
  EXPECT_EQ(rows[0].form, Form::kUnclear);
  EXPECT_THAT(rows[0].sentence, HasSubstr("3 complete ones"));
}

// A point that was lost early must not take the others' rounds with it.
TEST(Slope, APointThatIsHardlyThereIsLeftOut) {
  store::Run run = NoisyRun(10, Straight, Straight);
  AddSlice(run, "a", NameAt(100'000), 0, {1, 1});
  const std::vector<SlopeRow> rows = SlopesOfRun(run);
  EXPECT_EQ(rows[0].points.size(), kPlaces.size());
  EXPECT_EQ(rows[0].rounds, 10);
}

TEST(SlopeChange, ASteeperSlopeIsFoundInOneRun) {
  const store::Run run =
      NoisyRun(20, Straight, [](int64_t fds) { return 50'000 + 45.0 * static_cast<double>(fds); });
  const auto changes = CompareSlopes({.run = &run, .cell = "a"}, {.run = &run, .cell = "b"}, {});
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].state, Slope::kSteeper);
  EXPECT_NEAR(*changes[0].relative, 0.5, 0.1);
  EXPECT_GT(changes[0].interval->low, 0);
}

TEST(SlopeChange, ExchangingTheSidesTurnsIt) {
  const store::Run run =
      NoisyRun(20, Straight, [](int64_t fds) { return 50'000 + 45.0 * static_cast<double>(fds); });
  const auto changes = CompareSlopes({.run = &run, .cell = "b"}, {.run = &run, .cell = "a"}, {});
  EXPECT_EQ(changes[0].state, Slope::kFlatter);
  EXPECT_LT(changes[0].difference, 0);
}

TEST(SlopeChange, EqualSidesAreNeverSteeper) {
  const store::Run run = NoisyRun(20, Straight, Straight);
  const auto changes = CompareSlopes({.run = &run, .cell = "a"}, {.run = &run, .cell = "b"}, {});
  EXPECT_TRUE(changes[0].state == Slope::kUnclear || changes[0].state == Slope::kAlike);
}

TEST(SlopeChange, TwoRunsAreComparedAtTheirWorst) {
  store::Run before = NoisyRun(20, Straight, Straight);
  store::Run after = NoisyRun(
      20, [](int64_t fds) { return 50'000 + 60.0 * static_cast<double>(fds); }, Straight);
  after.id = "run-2";
  const Side a{.run = &before, .cell = "a"};
  const Side b{.run = &after, .cell = "a"};
  const auto changes = CompareSlopes(a, b, {});
  EXPECT_EQ(changes[0].state, Slope::kSteeper);
  const auto paired = CompareSlopes(a, {.run = &before, .cell = "b"}, {});
  EXPECT_GT(changes[0].interval->high - changes[0].interval->low,
            paired[0].interval->high - paired[0].interval->low);
}

TEST(SlopeChange, ExactSlopesAreComparedWithoutChance) {
  const store::Run a = ExactRun(Straight);
  const store::Run same = ExactRun(Straight);
  const store::Run more =
      ExactRun([](int64_t fds) { return 50'000 + 31.0 * static_cast<double>(fds); });
  const Side side{.run = &a, .cell = "guest"};
  EXPECT_EQ(CompareSlopes(side, {.run = &same, .cell = "guest"}, {})[0].state, Slope::kAlike);
  const auto change = CompareSlopes(side, {.run = &more, .cell = "guest"}, {})[0];
  EXPECT_EQ(change.state, Slope::kSteeper);
  EXPECT_NEAR(change.difference, 1, 1e-6);
  EXPECT_FALSE(change.interval);
}

// 40 instructions more at 8192 descriptors would be an infinite part of a slope of nothing.
TEST(SlopeChange, AFlatLineHasNoRelativeChange) {
  const store::Run a = ExactRun([](int64_t) { return 75'000.0; });
  const store::Run b = ExactRun([](int64_t fds) { return 75'000.0 + (fds == 8192 ? 40 : 0); });
  const auto change =
      CompareSlopes({.run = &a, .cell = "guest"}, {.run = &b, .cell = "guest"}, {})[0];
  EXPECT_FALSE(change.relative);
  EXPECT_EQ(change.state, Slope::kAlike);
}

}  // namespace
}  // namespace procmark::compare
