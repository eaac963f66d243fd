// SPDX-License-Identifier: MIT
// TempDir: a private folder that is gone, with all it holds, when its owner is.
#pragma once

#include <filesystem>

#include "harness/sys/fd.h"
#include "harness/sys/result.h"

namespace procmark::sys {

class TempDir {
 public:
  // Under $TMPDIR or /tmp, mode 0700 (mkdtemp(3)).
  static Result<TempDir> Create();
  // The same inside `parent`.
  static Result<TempDir> CreateIn(const std::filesystem::path& parent);
  // Inside `parent`, or under $TMPDIR or /tmp, with a flock(2) that tells that its owner lives.
  // First sweeps `parent`.
  static Result<TempDir> CreateOwned();
  static Result<TempDir> CreateOwnedIn(const std::filesystem::path& parent);
  // Removes what processes of this user made by CreateOwnedIn() there and left when they were
  // killed. What cannot be removed stays.
  static void SweepIn(const std::filesystem::path& parent);
  TempDir(TempDir&& other) noexcept
      : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}
  TempDir& operator=(TempDir&&) = delete;
  TempDir(const TempDir&) = delete;
  ~TempDir();
  const std::filesystem::path& Path() const { return path_; }

 private:
  explicit TempDir(std::filesystem::path path, Fd lock = Fd())
      : path_(std::move(path)), lock_(std::move(lock)) {}
  std::filesystem::path path_;
  Fd lock_;
};

}  // namespace procmark::sys
