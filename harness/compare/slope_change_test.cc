// SPDX-License-Identifier: MIT
// Slopes that differ between two sides.
#include "harness/compare/slope_change.h"

#include <gtest/gtest.h>

#include "harness/compare/test/synthetic_sweep.h"

namespace procmark::compare {
namespace {

using Slope = SlopeChange::State;

TEST(SlopeChange, ASteeperSlopeIsFoundInOneRun) {
  const store::Run run =
      NoisyRun(20, Straight, [](int64_t fds) { return 50'000 + 45.0 * static_cast<double>(fds); });
  const auto changes = CompareSlopes({.run = &run, .cell = "a"}, {.run = &run, .cell = "b"}, {});
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].state, Slope::kSteeper);
  EXPECT_NEAR(*changes[0].relative, 0.5, 0.1);
  EXPECT_GT(changes[0].interval->low, 0);
}

TEST(SlopeChange, ExchangingTheSidesReversesIt) {
  const store::Run run =
      NoisyRun(20, Straight, [](int64_t fds) { return 50'000 + 45.0 * static_cast<double>(fds); });
  const auto changes = CompareSlopes({.run = &run, .cell = "b"}, {.run = &run, .cell = "a"}, {});
  EXPECT_EQ(changes[0].state, Slope::kFlatter);
  EXPECT_LT(changes[0].difference, 0);
}

TEST(SlopeChange, EqualSidesAreNeverSteeper) {
  const store::Run run = NoisyRun(20, Straight, Straight);
  const auto changes = CompareSlopes({.run = &run, .cell = "a"}, {.run = &run, .cell = "b"}, {});
  EXPECT_TRUE(changes[0].state == Slope::kUnclear || changes[0].state == Slope::kUnchanged);
}

TEST(SlopeChange, TwoRunsHaveAWiderInterval) {
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

TEST(SlopeChange, ExactSlopesHaveNoInterval) {
  const store::Run a = ExactRun(Straight);
  const store::Run same = ExactRun(Straight);
  const store::Run more =
      ExactRun([](int64_t fds) { return 50'000 + 31.0 * static_cast<double>(fds); });
  const Side side{.run = &a, .cell = "guest"};
  EXPECT_EQ(CompareSlopes(side, {.run = &same, .cell = "guest"}, {})[0].state, Slope::kUnchanged);
  const auto change = CompareSlopes(side, {.run = &more, .cell = "guest"}, {})[0];
  EXPECT_EQ(change.state, Slope::kSteeper);
  EXPECT_NEAR(change.difference, 1, 1e-6);
  EXPECT_FALSE(change.interval);
}

// The relative change of a slope of zero would be infinite.
TEST(SlopeChange, AFlatLineHasNoRelativeChange) {
  const store::Run a = ExactRun([](int64_t) { return 75'000.0; });
  const store::Run b = ExactRun([](int64_t fds) { return 75'000.0 + (fds == 8192 ? 40 : 0); });
  const auto change =
      CompareSlopes({.run = &a, .cell = "guest"}, {.run = &b, .cell = "guest"}, {})[0];
  EXPECT_FALSE(change.relative);
  EXPECT_EQ(change.state, Slope::kUnchanged);
}

}  // namespace
}  // namespace procmark::compare
