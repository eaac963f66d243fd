// SPDX-License-Identifier: MIT
// What the C library adds, computed from synthetic runs.
#include "harness/compare/libc_overhead.h"

#include <gtest/gtest.h>

#include "harness/compare/test/synthetic_run.h"

namespace procmark::compare {
namespace {

TEST(LibcOverheads, PairsALibcBenchmarkWithTheRawOne) {
  store::Run run = MakeRun("r", {MakeCell("native", store::Clock::kWall)});
  for (int64_t round = 0; round < 20; ++round) {
    AddSlice(run, "native", "fork/to:reaped", round, {1000 + round});
    AddSlice(run, "native", "fork/form:libc/to:reaped", round, {1100 + round});
    AddSlice(run, "native", "limit/fork/form:libc", round, {1100});
    AddSlice(run, "native", "system/form:libc/to:reaped", round, {9000});
  }
  const std::vector<LibcOverhead> rows = LibcOverheads(run, "native");
  ASSERT_EQ(rows.size(), 1U);  // the others have no raw counterpart
  EXPECT_EQ(rows[0].raw, "fork/to:reaped");
  EXPECT_EQ(rows[0].libc, "fork/form:libc/to:reaped");
  EXPECT_EQ(rows[0].pairs, 20);
  EXPECT_NEAR(rows[0].ratio, 1.1, 0.01);
  ASSERT_TRUE(rows[0].interval.has_value());
  EXPECT_GT(rows[0].interval->low, 0.08);
}

TEST(LibcOverheads, HasNoIntervalOnTheExactClock) {
  store::Run run = MakeRun("r", {MakeCell("guest", store::Clock::kExact)});
  AddSlice(run, "guest", "vfork/to:reaped", 0, {1000}, 1, "instructions");
  AddSlice(run, "guest", "vfork/form:libc/to:reaped", 0, {900}, 1, "instructions");
  const std::vector<LibcOverhead> rows = LibcOverheads(run, "guest");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_NEAR(rows[0].ratio, 0.9, 1e-9);
  EXPECT_FALSE(rows[0].interval.has_value());
}

}  // namespace
}  // namespace procmark::compare
