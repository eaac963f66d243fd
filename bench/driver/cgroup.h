// Cgroups (version 2) that one slice needs: made before it, removed after it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/sys/fd.h"

namespace procmark::bench {

// Owns a cgroup below the root of the mounted hierarchy and what it made in it: `depth` nested
// levels, called level-1 … level-N, whose last is for the subject, and one beside them, "apart",
// for a benchmark's own use. In its own subtree it passes on the controllers that it was given;
// nothing outside of it is changed.
class CgroupTree {
 public:
  // On failure Trouble() says why, in words fit for a Skip: no hierarchy, not permitted.
  explicit CgroupTree(uint32_t depth);
  CgroupTree(const CgroupTree&) = delete;
  CgroupTree& operator=(const CgroupTree&) = delete;
  // Removes all of it; the processes in it must have been reaped. What the kernel does not let go
  // of within some seconds is named on stderr.
  ~CgroupTree();

  const std::string& Trouble() const { return trouble_; }
  // Where a process writes "0" to enter the last level; -1 when depth was 0.
  int Entrance() const { return entrance_.Get(); }
  // The directory of "apart"; for clone3(2)'s CLONE_INTO_CGROUP and openat(2).
  int Apart() const { return apart_.Get(); }

 private:
  bool Make(const std::string& path);

  std::vector<std::string> made_;  // outermost first
  std::string trouble_;
  sys::Fd entrance_;
  sys::Fd apart_;
};

}  // namespace procmark::bench
