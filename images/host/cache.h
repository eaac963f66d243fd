// SPDX-License-Identifier: MIT
// Cache: fetched kernels and sysroots on disk. A slot is complete or absent, whatever interrupts
// the program; it is checked by hash when it is used, and the least recently used goes first.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/sys/fd.h"

namespace procmark::images {

inline constexpr int64_t kDefaultCacheBytes = int64_t{16} << 30;

// What a cache holds; "apt" changes in place, the others never.
inline constexpr std::array kSlotKinds = {"apt", "kernel", "lab", "root", "snapshot", "sysroot"};

// An exclusive flock(2), held for its lifetime. Two processes (or two owners in one) exclude each
// other. The kernel releases it when its holder dies.
class FileLock {
 public:
  // Waits without a deadline, and says so on stderr once. In a cache that this user can read but
  // not write, a lock whose file does not exist is not taken. Throws Complaint (lost).
  static FileLock Acquire(const std::filesystem::path& file);
  // Nothing when another process holds it.
  static std::optional<FileLock> TryAcquire(const std::filesystem::path& file);

 private:
  explicit FileLock(sys::Fd file) : file_(std::move(file)) {}
  sys::Fd file_;
};

// One complete slot.
struct Slot {
  std::string kind;              // one of kSlotKinds
  std::string key;               // "amd64-6.1.0-47-cloud-amd64-6.1.170-3"
  std::filesystem::path folder;  // absolute
  nlohmann::json about;          // the notes of its maker
};

class Cache {
 public:
  // ${PROCMARK_CACHE:-${XDG_CACHE_HOME:-~/.cache}/procmark} and PROCMARK_CACHE_LIMIT (bytes, or
  // with a K, M, G or T for powers of 1024; 16 GiB by default). Sweeps leftovers. Throws Complaint
  // (usage).
  static Cache FromEnvironment();
  Cache(std::filesystem::path root, int64_t limit_bytes);

  // Removes what processes that were killed left half made, half removed or staged. What a living
  // process holds the lock of stays, and so does what cannot be removed.
  void SweepLeftovers() const;

  const std::filesystem::path& Root() const { return root_; }
  int64_t LimitBytes() const { return limit_bytes_; }

  // The slot when it is there and its content still has the hashes it was published with; a slot
  // that was damaged is removed, with a line on stderr. Counts as a use.
  std::optional<Slot> Find(const std::string& kind, const std::string& key) const;

  // Makes a slot: `fill` gets an empty folder and returns what is to be noted about it. The folder
  // takes its place by rename(2) when fill has returned; an exception leaves nothing behind. An
  // older slot of that name is replaced. Then prunes to the limit, sparing what was used within the
  // last hour. Throws what fill throws; Complaint (lost) when the disk is full.
  using Fill = std::function<nlohmann::json(const std::filesystem::path& folder)>;
  Slot Publish(const std::string& kind, const std::string& key, const Fill& fill) const;

  // Serialises the makers of one slot: hold it around Find and Publish.
  FileLock Lock(const std::string& kind, const std::string& key) const;

  // A folder that lives in the cache but changes in place (an apt root): made when absent, counted
  // and pruned as a slot, never hashed. Its user holds Lock(kind, key).
  std::filesystem::path MutableFolder(const std::string& kind, const std::string& key) const;

  // A folder in the cache, from which files can be renamed into a slot. Removes files that are
  // older than a day: an interrupted process left them.
  std::filesystem::path StagingFolder() const;

  // All slots, least recently used first.
  struct Usage {
    std::string kind;
    std::string key;
    int64_t bytes = 0;
    int64_t used_at_seconds = 0;  // since the epoch
  };
  std::vector<Usage> List() const;

  // Removes the least recently used slots until all together take at most `limit_bytes`; slots
  // that a process makes or uses (UseLockOf) or that were used in the last `spare_seconds` stay.
  // Returns the removed slots.
  std::vector<Usage> Prune(int64_t limit_bytes, int64_t spare_seconds) const;

  // Hashes every slot; removes nothing. One sentence per damaged slot.
  std::vector<std::string> Verify() const;

  // A process that uses the files of a slot for some time holds a shared flock(2) on this file.
  std::filesystem::path UseLockOf(const std::string& kind, const std::string& key) const;

  // Where the slot would be, whether it is there or not; to see what is cached without using it.
  std::filesystem::path FolderOf(const std::string& kind, const std::string& key) const;

 private:
  std::filesystem::path SlotPath(const std::string& kind, const std::string& key) const;
  std::filesystem::path LockPath(const std::string& kind, const std::string& key) const;

  std::filesystem::path root_;
  int64_t limit_bytes_;
};

// 8589934592 of "8G". Throws Complaint (usage).
int64_t ParseBytes(const std::string& text);

// Throws Complaint (lost) when the disk that holds `folder` has less than `bytes` left. Call it
// before apt: apt 2.6 hangs on a disk that fills up while it unpacks lists.
void RequireFreeBytes(const std::filesystem::path& folder, int64_t bytes);

// Throws Complaint (lost): the disk that holds `folder` is full, and what to do.
[[noreturn]] void ThrowDiskFull(const std::filesystem::path& folder);

}  // namespace procmark::images
