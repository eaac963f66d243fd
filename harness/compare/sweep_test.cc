// SPDX-License-Identifier: MIT
// Which benchmarks form a sweep, and the unit of its points.
#include "harness/compare/sweep.h"

#include <gtest/gtest.h>

namespace procmark::compare {
namespace {

constexpr double kSmallPage = 4096;

TEST(Sweeps, AreBenchmarksThatDifferInOneNumber) {
  const auto sweeps = FindSweeps({"fork/to:reaped", "fork/fds:64/to:reaped",
                                  "fork/fds:1024/to:reaped", "fork/to:parent_return", "getpid"},
                                 kSmallPage);
  ASSERT_EQ(sweeps.size(), 1U);
  EXPECT_EQ(sweeps[0].name, "fork/fds:*/to:reaped");
  EXPECT_EQ(sweeps[0].per, "descriptor");
  ASSERT_EQ(sweeps[0].points.size(), 3U);
  EXPECT_EQ(sweeps[0].points[0].benchmark, "fork/to:reaped");
  EXPECT_EQ(sweeps[0].points[0].x, 0);
  EXPECT_EQ(sweeps[0].points[2].x, 1024);
}

TEST(Sweeps, CountMemoryInPages) {
  const std::vector<std::string> names = {"fork/to:reaped", "fork/rss:1M/to:reaped",
                                          "fork/rss:64K/to:reaped"};
  const auto small = FindSweeps(names, kSmallPage);
  ASSERT_EQ(small.size(), 1U);
  EXPECT_EQ(small[0].per, "4 KiB page");
  EXPECT_EQ(small[0].points[1].x, 16);
  EXPECT_EQ(small[0].points[2].x, 256);
  const auto large = FindSweeps(names, 65'536);
  EXPECT_EQ(large[0].per, "64 KiB page");
  EXPECT_EQ(large[0].points[2].x, 16);
}

// x = 0 is the benchmark without that memory. The unit is MiB, not small pages.
TEST(Sweeps, CountHugePagesInMebibytes) {
  const auto sweeps = FindSweeps({"fork/to:reaped", "fork/rss:64M/page:thp/to:reaped",
                                  "fork/rss:256M/page:thp/to:reaped", "fork/rss:64M/to:reaped"},
                                 kSmallPage);
  ASSERT_EQ(sweeps.size(), 1U);
  EXPECT_EQ(sweeps[0].name, "fork/rss:*/page:thp/to:reaped");
  EXPECT_EQ(sweeps[0].per, "MiB of huge pages");
  ASSERT_EQ(sweeps[0].points.size(), 3U);
  EXPECT_EQ(sweeps[0].points[0].x, 0);
  EXPECT_EQ(sweeps[0].points[2].x, 256);
}

TEST(Sweeps, ABenchmarkMayBeInSeveral) {
  const auto sweeps = FindSweeps(
      {"f", "f/fds:1", "f/fds:2", "f/vmas:1", "f/vmas:2", "f/vmas:1/fds:1", "f/vmas:2/fds:1"},
      kSmallPage);
  ASSERT_EQ(sweeps.size(), 3U);
  EXPECT_EQ(sweeps[0].name, "f/fds:*");
  EXPECT_EQ(sweeps[1].name, "f/vmas:*");
  EXPECT_EQ(sweeps[2].name, "f/vmas:*/fds:1");
  EXPECT_EQ(sweeps[2].points[0].benchmark, "f/fds:1");
}

TEST(Sweeps, AParameterThatEverySubjectHasGivesNoZero) {
  const auto sweeps = FindSweeps(
      {"munmap", "munmap/bytes:4K", "munmap/bytes:8K", "munmap/bytes:1M", "munmap/bytes:untouched"},
      kSmallPage);
  ASSERT_EQ(sweeps.size(), 1U);
  EXPECT_EQ(sweeps[0].points.size(), 3U);
  EXPECT_EQ(sweeps[0].points[0].x, 1);
}

TEST(Sweeps, TwoPointsAreNotASweep) {
  EXPECT_TRUE(FindSweeps({"fork", "fork/fds:64"}, kSmallPage).empty());
  EXPECT_TRUE(FindSweeps({"f/count:1", "f/count:2", "f/count:3"}, kSmallPage).empty());
  EXPECT_TRUE(FindSweeps({}, kSmallPage).empty());
}

}  // namespace
}  // namespace procmark::compare
