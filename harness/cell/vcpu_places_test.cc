// SPDX-License-Identifier: MIT
#include "harness/cell/vcpu_places.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <limits>

namespace procmark::cell {
namespace {

TEST(VcpuPlaces, AreTheLastCpus) {
  EXPECT_EQ(VcpuPlaces(2, {0, 2, 4, 6}), (std::vector<int>{6, 4}));
}

TEST(VcpuPlaces, LeaveACpuToQemu) {
  EXPECT_EQ(VcpuPlaces(2, {0, 1}), std::nullopt);
  EXPECT_EQ(VcpuPlaces(1, {0}), std::nullopt);
  EXPECT_EQ(VcpuPlaces(1, {0, 1}), (std::vector<int>{1}));
}

TEST(Bind, FailsForAThreadThatDoesNotExist) {
  const auto beyond_pid_max = sys::Pid::From(std::numeric_limits<int>::max());
  ASSERT_TRUE(beyond_pid_max);
  EXPECT_FALSE(Bind(*sys::Pid::From(::getpid()), *beyond_pid_max, UsableCpuNumbers().at(0)));
}

TEST(Bind, LeavesTheThreadsOfOtherProcessesAlone) {
  const auto self = sys::Pid::From(::getpid());
  const auto parent = sys::Pid::From(::getppid());
  ASSERT_TRUE(self && parent);
  EXPECT_FALSE(Bind(*self, *parent, UsableCpuNumbers().at(0)));
}

}  // namespace
}  // namespace procmark::cell
