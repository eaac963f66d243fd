// TempDir: a private folder that is gone, with all it holds, when its owner is.
#pragma once

#include <filesystem>

#include "harness/sys/result.h"

namespace procmark::sys {

class TempDir {
 public:
  // Under $TMPDIR or /tmp, mode 0700 (mkdtemp(3)).
  static Result<TempDir> Create();
  // The same inside `parent`.
  static Result<TempDir> CreateIn(const std::filesystem::path& parent);
  TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TempDir& operator=(TempDir&&) = delete;
  TempDir(const TempDir&) = delete;
  ~TempDir();
  const std::filesystem::path& Path() const { return path_; }

 private:
  explicit TempDir(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace procmark::sys
