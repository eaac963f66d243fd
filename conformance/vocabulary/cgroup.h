// SPDX-License-Identifier: MIT
// Cgroup: a cgroup of the test's own, of version 2 or of version 1's freezer. It is always removed.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <optional>
#include <string>

#include "conformance/vocabulary/clone_flags.h"
#include "conformance/vocabulary/process.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {

// Make one in the test's process, not in a forked child, where the destructor would not run.
class Cgroup {
 public:
  // A new cgroup below the caller's own, in the hierarchy of version 2. Empty, with a sentence in
  // *why, when no such hierarchy is mounted or the user may not make a cgroup.
  static std::optional<Cgroup> Create(std::string* why);
  // The same with a controller ("pids") enabled for it.
  static std::optional<Cgroup> CreateWith(const std::string& controller, std::string* why);
  // A new cgroup of version 1's freezer. Mounts that hierarchy in the test's namespace when it is
  // not mounted yet.
  static std::optional<Cgroup> CreateFreezerV1(std::string* why);
  Cgroup(Cgroup&&) noexcept = default;
  Cgroup& operator=(Cgroup&&) = delete;
  // Kills its members and removes it (leftovers.h). The test fails when that is not possible.
  ~Cgroup();

  const std::string& Path() const { return path_; }
  int Folder() const { return folder_.Get(); }  // O_DIRECTORY, for clone3's CLONE_INTO_CGROUP
  bool Has(const std::string& file) const;
  std::string Read(const std::string& file) const;
  // The errno, or 0.
  int Write(const std::string& file, const std::string& text) const;
  // Moves a process in. The errno, or 0.
  int Add(pid_t pid) const { return Write("cgroup.procs", std::to_string(pid)); }
  // Waits until cgroup.events has this line, e.g. "frozen 1". False at the test's deadline.
  [[nodiscard]] bool AwaitEvent(const std::string& line) const;

 private:
  Cgroup(std::string path, sys::Fd folder) : path_(std::move(path)), folder_(std::move(folder)) {}
  static std::optional<Cgroup> Make(const std::string& parent, std::string* why);
  std::string path_;
  sys::Fd folder_;
  std::string mounted_;  // where CreateFreezerV1 mounted the hierarchy; unmounted at the end
};

// Arguments of clone3(2) for a child that starts in a cgroup; `folder` is a descriptor of it.
inline CloneArguments IntoCgroup(int folder) {
  CloneArguments arguments;
  arguments.flags = kCloneIntoCgroup;
  arguments.exit_signal = SIGCHLD;
  arguments.cgroup = static_cast<uint64_t>(folder);
  return arguments;
}
inline CloneArguments IntoCgroup(const Cgroup& cgroup) { return IntoCgroup(cgroup.Folder()); }

// The folders in which tests make their cgroups: of version 2 the caller's own cgroup, of version 1
// the freezer's root. "" where no such file system is mounted.
std::string OwnCgroupFolder();
std::string FreezerV1Folder();

// Declares `name`, a std::optional<Cgroup> that holds one, or skips the test.
#define OWN_CGROUP(name) PROCMARK_OWN_CGROUP(name, Create(&why_no_##name))
#define OWN_CGROUP_WITH(name, controller) \
  PROCMARK_OWN_CGROUP(name, CreateWith(controller, &why_no_##name))
#define PROCMARK_OWN_CGROUP(name, made)                       \
  std::string why_no_##name;                                  \
  const std::optional<::procmark::conformance::Cgroup> name = \
      ::procmark::conformance::Cgroup::made;                  \
  if (!name) GTEST_SKIP() << why_no_##name

}  // namespace procmark::conformance
