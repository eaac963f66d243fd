// SPDX-License-Identifier: MIT
// A folder is gone with its owner, even with one that was killed.
#include "harness/sys/temp_dir.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <vector>

#include "harness/sys/child.h"

namespace procmark::sys {
namespace {

namespace fs = std::filesystem;

size_t EntriesOf(const fs::path& folder) {
  size_t entries = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    entries += entry.exists() ? 1 : 0;
  }
  return entries;
}

TEST(TempDir, WhatAKilledOwnerLeftIsSweptByTheNext) {
  const TempDir parent = TempDir::Create().Value();
  Result<Child> owner = Child::Fork([&parent] {
    const TempDir left = TempDir::CreateOwnedIn(parent.Path()).Value();
    std::ofstream(left.Path() / "memory") << "16 MiB";
    return ::kill(::getpid(), SIGKILL);
  });
  ASSERT_TRUE(owner);
  const Result<std::optional<int>> status = owner.Value().Wait(Deadline::After(30'000));
  ASSERT_TRUE(status && status.Value());
  EXPECT_EQ(EntriesOf(parent.Path()), 1U);
  const TempDir next = TempDir::CreateOwnedIn(parent.Path()).Value();
  EXPECT_EQ(EntriesOf(parent.Path()), 1U);
  EXPECT_TRUE(fs::exists(next.Path()));
}

TEST(TempDir, WhatALivingOwnerHasStays) {
  const TempDir parent = TempDir::Create().Value();
  fs::create_directory(parent.Path() / "procmark-XXXXXX");
  fs::create_directory(parent.Path() / "other");
  {
    TempDir first = TempDir::CreateOwnedIn(parent.Path()).Value();
    const TempDir moved = std::move(first);
    TempDir::SweepIn(parent.Path());
    EXPECT_TRUE(fs::exists(moved.Path()));
    EXPECT_EQ(EntriesOf(parent.Path()), 3U);
  }
  EXPECT_EQ(EntriesOf(parent.Path()), 2U);
}

TEST(TempDir, ASweepFollowsNoLink) {
  const TempDir parent = TempDir::Create().Value();
  const TempDir elsewhere = TempDir::Create().Value();
  std::ofstream(elsewhere.Path() / "kept") << "x";
  fs::create_directory_symlink(elsewhere.Path(), parent.Path() / "procmark.abcdef");
  TempDir::SweepIn(parent.Path());
  EXPECT_TRUE(fs::exists(elsewhere.Path() / "kept"));
}

TEST(TempDir, ManyAtOnceKeepTheirOwn) {
  const TempDir parent = TempDir::Create().Value();
  std::vector<Child> owners;
  for (int i = 0; i < 4; ++i) {
    Result<Child> owner = Child::Fork([&parent] {
      for (int round = 0; round < 50; ++round) {
        const TempDir own = TempDir::CreateOwnedIn(parent.Path()).Value();
        std::ofstream(own.Path() / "file") << "x";
        if (!fs::exists(own.Path() / "file")) return 1;
      }
      return 0;
    });
    ASSERT_TRUE(owner);
    owners.push_back(std::move(owner).Value());
  }
  for (Child& owner : owners) {
    const Result<std::optional<int>> status = owner.Wait(Deadline::After(60'000));
    ASSERT_TRUE(status && status.Value());
    EXPECT_EQ(*status.Value(), 0);
  }
  EXPECT_EQ(EntriesOf(parent.Path()), 0U);
}

}  // namespace
}  // namespace procmark::sys
