// SPDX-License-Identifier: MIT
// The cache: complete or absent, checked on use, locked, pruned by age.
#include "images/host/cache.h"

#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <barrier>
#include <cstdio>
#include <exception>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

#include "harness/sys/child.h"
#include "harness/sys/complaint.h"
#include "images/host/test_folder.h"

namespace procmark::images {
namespace {

namespace fs = std::filesystem;

class CacheTest : public ::testing::Test {
 protected:
  static Cache::Fill Holding(const std::string& bytes) {
    return [bytes](const fs::path& folder) {
      std::ofstream(folder / "image") << bytes;
      return nlohmann::json{{"noted", bytes.substr(0, 4)}};
    };
  }
  // Publishes and sets the last use back by so many seconds.
  void Old(const std::string& key, int64_t seconds, size_t bytes = 1 << 20) const {
    cache_.Publish("kernel", key, Holding(std::string(bytes, 'k')));
    const fs::path used = cache_.FolderOf("kernel", key).parent_path() / "used";
    const timespec then{::time(nullptr) - seconds, 0};
    const timespec times[2] = {then, then};
    ASSERT_EQ(::utimensat(AT_FDCWD, used.c_str(), times, 0), 0);
  }
  std::vector<std::string> Keys() const {
    std::vector<std::string> keys;
    for (const Cache::Usage& slot : cache_.List()) keys.push_back(slot.key);
    return keys;
  }

  TestFolder folder_;
  Cache cache_{folder_.Path() / "cache", int64_t{1} << 40};
};

TEST_F(CacheTest, FindsWhatWasPublished) {
  EXPECT_FALSE(cache_.Find("kernel", "a"));
  const Slot made = cache_.Publish("kernel", "a", Holding("vmlinuz"));
  const std::optional<Slot> found = cache_.Find("kernel", "a");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->folder, made.folder);
  EXPECT_EQ(found->about.at("noted"), "vmli");
  EXPECT_TRUE(fs::exists(found->folder / "image"));
  EXPECT_FALSE(cache_.Find("sysroot", "a"));
}

TEST_F(CacheTest, InterruptedMakingLeavesNothing) {
  const Cache::Fill fails = [](const fs::path& folder) -> nlohmann::json {
    std::ofstream(folder / "image") << "half";
    throw std::runtime_error("the network went away");
  };
  EXPECT_THROW(cache_.Publish("kernel", "a", fails), std::runtime_error);
  EXPECT_FALSE(cache_.Find("kernel", "a"));
  EXPECT_TRUE(cache_.List().empty());
  EXPECT_TRUE(fs::is_empty(folder_.Path() / "cache" / "kernel"));
}

TEST_F(CacheTest, KilledMakerLeavesNothingThatCounts) {
  sys::Result<sys::Child> maker = sys::Child::Fork([this] {
    cache_.Publish("kernel", "a", [](const fs::path& folder) -> nlohmann::json {
      std::ofstream(folder / "image") << "half";
      ::_exit(9);  // as a kill -9 would, in the middle
    });
    return 0;
  });
  ASSERT_TRUE(maker);
  ASSERT_TRUE(maker.Value().Wait(sys::Deadline::After(10'000)));
  EXPECT_FALSE(cache_.Find("kernel", "a"));
  EXPECT_TRUE(cache_.List().empty());
  cache_.Publish("kernel", "a", Holding("whole"));
  EXPECT_TRUE(cache_.Find("kernel", "a"));
}

TEST_F(CacheTest, WhatKilledMakersLeftIsSwept) {
  const fs::path kernels = folder_.Path() / "cache" / "kernel";
  const fs::path staging = cache_.StagingFolder();
  cache_.Publish("kernel", "whole", Holding("whole"));
  for (const char* left : {".a.partial", ".b.gone", ".held.partial"}) {
    fs::create_directories(kernels / left / "content");
  }
  fs::create_directory(staging / "procmark.abcdef");
  fs::create_directory(staging / "of-another-tool");
  const FileLock lock = cache_.Lock("kernel", "held");
  cache_.SweepLeftovers();
  EXPECT_FALSE(fs::exists(kernels / ".a.partial"));
  EXPECT_FALSE(fs::exists(kernels / ".b.gone"));
  EXPECT_TRUE(fs::exists(kernels / ".held.partial"));
  EXPECT_FALSE(fs::exists(staging / "procmark.abcdef"));
  EXPECT_TRUE(fs::exists(staging / "of-another-tool"));
  EXPECT_TRUE(cache_.Find("kernel", "whole"));
}

// Runs `body` as a user that cannot write the files of this one; true when it returns 0.
bool AsAnotherUser(const std::function<int()>& body) {
  constexpr uid_t kNobody = 65534;
  sys::Result<sys::Child> child = sys::Child::Fork([&body] {
    if (::geteuid() == 0 &&
        (::setgroups(0, nullptr) != 0 || ::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) {
      return 2;
    }
    try {
      return body();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
      return 1;
    }
  });
  if (!child) return false;
  const auto status = child.Value().Wait(sys::Deadline::After(60'000));
  return status && status.Value() && *status.Value() == 0;
}

TEST_F(CacheTest, ACacheThatCannotBeWrittenCanBeRead) {
  cache_.Publish("kernel", "a", Holding("whole"));
  { const FileLock made = cache_.Lock("kernel", "a"); }
  cache_.Publish("kernel", "never-locked", Holding("whole"));
  std::vector<fs::path> folders = {folder_.Path()};
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder_.Path())) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  for (const fs::path& folder : folders) ASSERT_EQ(::chmod(folder.c_str(), 0555), 0);
  EXPECT_TRUE(AsAnotherUser([this] {
    for (const char* key : {"a", "never-locked"}) {
      const FileLock lock = cache_.Lock("kernel", key);
      if (!cache_.Find("kernel", key)) return 1;
    }
    cache_.SweepLeftovers();
    return 0;
  }));
  EXPECT_TRUE(AsAnotherUser([this] {
    try {
      cache_.Publish("kernel", "b", Holding("more"));
    } catch (const sys::Complaint& complaint) {
      const bool mend =
          std::string(complaint.what()).find("set PROCMARK_CACHE") != std::string::npos;
      return complaint.Code() == sys::ExitCode::kLost && mend ? 0 : 1;
    }
    return 1;
  }));
  for (const fs::path& folder : folders) ASSERT_EQ(::chmod(folder.c_str(), 0755), 0);
}

TEST_F(CacheTest, FailedRenewalKeepsTheOldSlot) {
  cache_.Publish("sysroot", "a", Holding("old one"));
  EXPECT_THROW(cache_.Publish("sysroot", "a",
                              [](const fs::path&) -> nlohmann::json {
                                throw std::runtime_error("no network");
                              }),
               std::runtime_error);
  ASSERT_TRUE(cache_.Find("sysroot", "a"));
  cache_.Publish("sysroot", "a", Holding("new one"));
  EXPECT_EQ(cache_.Find("sysroot", "a")->about.at("noted"), "new ");
}

TEST_F(CacheTest, DamageIsFoundOnUseAndByVerify) {
  const Slot slot = cache_.Publish("kernel", "a", Holding("vmlinuz"));
  cache_.Publish("kernel", "b", Holding("other"));
  EXPECT_TRUE(cache_.Verify().empty());
  std::ofstream(slot.folder / "image") << "vmlinuX";
  const std::vector<std::string> damaged = cache_.Verify();
  ASSERT_EQ(damaged.size(), 1U);
  EXPECT_EQ(damaged[0], "kernel a is damaged: image has changed");
  EXPECT_FALSE(cache_.Find("kernel", "a"));
  EXPECT_FALSE(fs::exists(slot.folder));
  EXPECT_TRUE(cache_.Find("kernel", "b"));
}

TEST_F(CacheTest, AddedAndMissingFilesAreDamage) {
  const Slot added = cache_.Publish("kernel", "a", Holding("vmlinuz"));
  std::ofstream(added.folder / "more") << "x";
  EXPECT_FALSE(cache_.Find("kernel", "a"));
  const Slot missing = cache_.Publish("kernel", "a", Holding("vmlinuz"));
  fs::remove(missing.folder / "image");
  EXPECT_FALSE(cache_.Find("kernel", "a"));
  const Slot broken = cache_.Publish("kernel", "a", Holding("vmlinuz"));
  std::ofstream(broken.folder.parent_path() / "about.json") << "{";
  EXPECT_FALSE(cache_.Find("kernel", "a"));
}

TEST_F(CacheTest, PruneTakesTheLeastRecentlyUsedFirst) {
  Old("old", 30000);
  Old("older", 40000);
  Old("young", 10);
  EXPECT_EQ(Keys(), (std::vector<std::string>{"older", "old", "young"}));
  const std::vector<Cache::Usage> removed = cache_.Prune(int64_t{5} << 19, 0);
  ASSERT_EQ(removed.size(), 1U);
  EXPECT_EQ(removed[0].key, "older");
  EXPECT_EQ(Keys(), (std::vector<std::string>{"old", "young"}));
  ASSERT_TRUE(cache_.Find("kernel", "old"));  // a use makes it the youngest
  cache_.Prune(int64_t{3} << 19, 0);
  EXPECT_EQ(Keys(), std::vector<std::string>{"old"});
  cache_.Prune(0, 0);
  EXPECT_TRUE(cache_.List().empty());
}

TEST_F(CacheTest, PruneSparesTheLockedAndTheRecent) {
  Old("locked", 40000);
  Old("recent", 10);
  {
    const FileLock lock = cache_.Lock("kernel", "locked");
    EXPECT_TRUE(cache_.Prune(0, 3600).empty());
  }
  cache_.Prune(0, 3600);
  EXPECT_EQ(Keys(), std::vector<std::string>{"recent"});
}

TEST_F(CacheTest, PruneSparesWhatIsInUse) {
  Old("used", 40000);
  Old("unused", 40000);
  {
    fs::create_directories(cache_.Root() / "locks");
    const sys::Fd use(::open(cache_.UseLockOf("kernel", "used").c_str(), O_RDONLY | O_CREAT, 0644));
    ASSERT_EQ(::flock(use.Get(), LOCK_SH), 0);
    EXPECT_TRUE(cache_.Find("kernel", "used"));  // others may use it too
    cache_.Prune(0, 0);
    EXPECT_EQ(Keys(), std::vector<std::string>{"used"});
  }
  cache_.Prune(0, 0);
  EXPECT_TRUE(cache_.List().empty());
}

// A run and a test of the same user meet here. Each lists the slots first, so most of what either
// wants to remove is gone when it comes to it.
TEST_F(CacheTest, TwoMayPruneAtOnce) {
  constexpr int kSlots = 60;
  for (int i = 0; i < kSlots; ++i) Old(std::to_string(i), 40000, 10);
  std::barrier both(2);
  std::vector<Cache::Usage> removed[2];
  std::string complaints[2];
  const auto prune = [&](size_t who) {
    both.arrive_and_wait();
    try {
      removed[who] = cache_.Prune(0, 0);
    } catch (const std::exception& error) {
      complaints[who] = error.what();
    }
  };
  std::jthread other(prune, 1);
  prune(0);
  other.join();
  EXPECT_EQ(complaints[0] + complaints[1], "");
  EXPECT_LE(removed[0].size() + removed[1].size(), size_t{kSlots});
  cache_.Prune(0, 0);  // what each spared because the other held it
  EXPECT_TRUE(cache_.List().empty());
}

TEST_F(CacheTest, PublishingKeepsToTheLimit) {
  Old("old", 40000);
  const Cache small(cache_.Root(), int64_t{3} << 19);
  small.Publish("kernel", "new", Holding(std::string(1 << 20, 'n')));
  EXPECT_EQ(Keys(), std::vector<std::string>{"new"});
}

TEST_F(CacheTest, MutableFoldersArePrunedButNotHashed) {
  const fs::path folder = cache_.MutableFolder("apt", "trixie-amd64");
  std::ofstream(folder / "lists") << "changes";
  EXPECT_EQ(Keys(), std::vector<std::string>{"trixie-amd64"});
  EXPECT_TRUE(cache_.Verify().empty());
  cache_.Prune(0, 0);
  EXPECT_FALSE(fs::exists(folder));
}

TEST_F(CacheTest, LocksExcludeEachOther) {
  const fs::path file = folder_.Path() / "locks" / "x.lock";
  std::optional<FileLock> first = FileLock::TryAcquire(file);
  ASSERT_TRUE(first);
  EXPECT_FALSE(FileLock::TryAcquire(file));
  first.reset();
  EXPECT_TRUE(FileLock::TryAcquire(file));
}

TEST_F(CacheTest, WaiterGetsTheLockWhenItsHolderDies) {
  const fs::path file = folder_.Path() / "x.lock";
  sys::Result<sys::Pipe> ready = sys::Pipe::Create();
  ASSERT_TRUE(ready);
  sys::Result<sys::Child> holder = sys::Child::Fork([&] {
    const FileLock lock = FileLock::Acquire(file);
    if (!sys::WriteAll(ready.Value().write.Get(), "r", 1)) return 1;
    ::pause();
    return 0;
  });
  ASSERT_TRUE(holder);
  char byte = 0;
  ASSERT_EQ(::read(ready.Value().read.Get(), &byte, 1), 1);
  EXPECT_FALSE(FileLock::TryAcquire(file));
  holder.Value().KillAndReap();
  FileLock::Acquire(file);
}

// Two runs that need the same kernel at once: one fetches it, the other waits and takes it.
TEST_F(CacheTest, TwoProcessesMakeASlotOnce) {
  const fs::path made = folder_.Path() / "made";
  const auto acquire = [&] {
    const FileLock lock = cache_.Lock("kernel", "k");
    if (cache_.Find("kernel", "k")) return 0;
    cache_.Publish("kernel", "k", [&](const fs::path& folder) {
      std::ofstream(made, std::ios::app) << "once\n";
      return Holding("vmlinuz")(folder);
    });
    return 0;
  };
  std::vector<sys::Child> processes;
  for (int i = 0; i < 4; ++i) {
    sys::Result<sys::Child> process = sys::Child::Fork(acquire);
    ASSERT_TRUE(process);
    processes.push_back(std::move(process).Value());
  }
  for (sys::Child& process : processes) {
    const sys::Result<std::optional<int>> status =
        process.Wait(sys::Deadline::After(/*milliseconds=*/60'000));
    ASSERT_TRUE(status && status.Value());
    EXPECT_EQ(*status.Value(), 0);
  }
  std::ifstream lines(made);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(lines), {}), "once\n");
  EXPECT_TRUE(cache_.Find("kernel", "k"));
}

TEST(ParseBytes, ReadsUnits) {
  EXPECT_EQ(ParseBytes("0"), 0);
  EXPECT_EQ(ParseBytes("1536"), 1536);
  EXPECT_EQ(ParseBytes("8G"), int64_t{8} << 30);
  EXPECT_EQ(ParseBytes("3K"), 3072);
  for (const char* text : {"", "G", "-1", "1.5G", "8GB", "9999999999T", "8 G"}) {
    EXPECT_THROW(ParseBytes(text), sys::Complaint) << text;
  }
}

TEST_F(CacheTest, LittleSpaceIsNoticedBeforehand) {
  RequireFreeBytes(folder_.Path(), 0);
  EXPECT_THROW(RequireFreeBytes(folder_.Path(), INT64_MAX), sys::Complaint);
}

TEST_F(CacheTest, FullDiskIsOneSentenceWithTheMend) {
  const Cache::Fill fails = [](const fs::path& folder) -> nlohmann::json {
    throw fs::filesystem_error("write", folder,
                               std::make_error_code(std::errc::no_space_on_device));
  };
  try {
    cache_.Publish("kernel", "a", fails);
    ADD_FAILURE() << "no complaint";
  } catch (const sys::Complaint& complaint) {
    EXPECT_EQ(complaint.Code(), sys::ExitCode::kLost);
    EXPECT_NE(std::string(complaint.what()).find("is full"), std::string::npos);
    EXPECT_NE(std::string(complaint.what()).find("PROCMARK_CACHE"), std::string::npos);
  }
  EXPECT_TRUE(cache_.List().empty());
}

}  // namespace
}  // namespace procmark::images
