// SPDX-License-Identifier: MIT
// Cgroup: a bound on what a QEMU may take of this machine's memory, where cgroup v2 allows us one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "harness/sys/pid.h"

namespace procmark::cell {

// A cgroup of its own for one process tree; removed with its owner, once it is empty.
class Cgroup {
 public:
  // Below the cgroup that this process is in. Nothing where there is no cgroup v2, no memory
  // controller in it, or no right to make one (cgroups(7)): QEMU then runs with RLIMIT_AS alone.
  static std::optional<Cgroup> Create(int64_t most_memory_bytes);
  // The same below `parent`, a folder of a cgroup2 file system.
  static std::optional<Cgroup> CreateBelow(const std::filesystem::path& parent,
                                           int64_t most_memory_bytes);
  Cgroup(Cgroup&& other) noexcept : folder_(std::move(other.folder_)) { other.folder_.clear(); }
  Cgroup& operator=(Cgroup&&) = delete;
  Cgroup(const Cgroup&) = delete;
  ~Cgroup();

  // False when the kernel refuses.
  bool Add(sys::Pid process) const;
  const std::filesystem::path& Folder() const { return folder_; }

 private:
  explicit Cgroup(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path folder_;
};

}  // namespace procmark::cell
