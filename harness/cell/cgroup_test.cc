// SPDX-License-Identifier: MIT
// Cgroup on a plain folder: what it writes, and that a refusal by the kernel is no error.
#include "harness/cell/cgroup.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/sys/temp_dir.h"

namespace procmark::cell {
namespace {

TEST(Cgroup, WithoutAMemoryControllerThereIsNone) {
  const sys::TempDir parent = sys::TempDir::Create().Value();
  EXPECT_FALSE(Cgroup::CreateBelow(parent.Path(), 1 << 20).has_value());
  EXPECT_TRUE(std::filesystem::is_empty(parent.Path())) << "what was begun is left";
}

TEST(Cgroup, WithoutRightsThereIsNone) {
  EXPECT_FALSE(Cgroup::CreateBelow("/proc/self", 1 << 20).has_value());
}

TEST(Cgroup, OnThisMachineItHoldsAProcessOrIsNone) {
  const std::optional<Cgroup> group = Cgroup::Create(int64_t{1} << 30);
  if (!group) GTEST_SKIP() << "this machine has no cgroup v2 with a memory controller for us";
  EXPECT_TRUE(std::filesystem::exists(group->Folder() / "cgroup.procs"));
}

}  // namespace
}  // namespace procmark::cell
