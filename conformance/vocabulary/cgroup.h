// Cgroup: a cgroup (version 2) of the test's own, and of version 1's freezer; always removed.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "harness/sys/fd.h"

namespace procmark::conformance {

class Cgroup {
 public:
  // A new cgroup below the caller's own, in the hierarchy of version 2 wherever it is mounted.
  // Empty, with a sentence in *why, when there is none, or the user may not make one. Not to be
  // called in a forked child.
  static std::optional<Cgroup> Create(std::string* why);
  // Likewise with a controller ("pids") enabled for it.
  static std::optional<Cgroup> CreateWith(const std::string& controller, std::string* why);
  // A new cgroup of version 1's freezer; mounts that hierarchy in the test's namespace if need be.
  static std::optional<Cgroup> CreateFreezerV1(std::string* why);
  Cgroup(Cgroup&&) noexcept = default;
  Cgroup& operator=(Cgroup&&) = delete;
  // Removes it with all that is in it (leftovers.h); a failure of the test when that cannot be
  // done.
  ~Cgroup();

  const std::string& Path() const { return path_; }
  int Folder() const { return folder_.Get(); }  // O_DIRECTORY, for clone3's CLONE_INTO_CGROUP
  bool Has(const std::string& file) const;
  std::string Read(const std::string& file) const;
  // The errno, or 0.
  int Write(const std::string& file, const std::string& text) const;
  // Moves a process in. The errno, or 0.
  int Add(pid_t pid) const { return Write("cgroup.procs", std::to_string(pid)); }
  // Waits until cgroup.events says `line` ("frozen 1"). False at the test's deadline.
  [[nodiscard]] bool AwaitEvent(const std::string& line) const;

 private:
  Cgroup(std::string path, sys::Fd folder) : path_(std::move(path)), folder_(std::move(folder)) {}
  static std::optional<Cgroup> Make(const std::string& parent, std::string* why);
  std::string path_;
  sys::Fd folder_;
  std::string mounted_;  // where CreateFreezerV1 mounted the hierarchy; unmounted at the end
};

// Where tests make their cgroups: of version 2 below the caller's own, of version 1 below the
// freezer's root. "" where no such file system is mounted.
std::string OwnCgroupFolder();
std::string FreezerV1Folder();

}  // namespace procmark::conformance
