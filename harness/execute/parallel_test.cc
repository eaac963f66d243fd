// SPDX-License-Identifier: MIT
#include "harness/execute/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

namespace procmark::execute {
namespace {

TEST(DoAll, DoesEachTaskOnce) {
  std::atomic<int> done = 0;
  std::vector<std::function<void()>> tasks(100, [&done] { ++done; });
  DoAll(tasks, 4);
  EXPECT_EQ(done, 100);
}

TEST(DoAll, AnExceptionComesThroughAndEndsTheRest) {
  std::atomic<int> done = 0;
  std::vector<std::function<void()>> tasks = {[] { throw std::runtime_error("first"); }};
  tasks.resize(100, [&done] { ++done; });
  EXPECT_THROW(DoAll(tasks, 1), std::runtime_error);
  EXPECT_EQ(done, 0);
}

TEST(DoAll, NoTasksAreDoneAtOnce) { DoAll({}, 2); }

}  // namespace
}  // namespace procmark::execute
