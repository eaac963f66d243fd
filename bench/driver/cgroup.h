// SPDX-License-Identifier: MIT
// The cgroups (version 2) that one slice needs. They are made before it and removed after it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/sys/fd.h"

namespace procmark::bench {

// Owns a cgroup below the root of the mounted hierarchy. In it are `depth` nested levels, called
// level-1 … level-N, the last of which is for the subject, and beside them "apart", for a
// benchmark's own use. In its own subtree it passes on the controllers that it was given. It
// changes nothing outside of that.
class CgroupTree {
 public:
  // If that fails, Trouble() is the reason, in words for a Skip: no hierarchy, not permitted.
  explicit CgroupTree(uint32_t depth);
  CgroupTree(const CgroupTree&) = delete;
  CgroupTree& operator=(const CgroupTree&) = delete;
  // Removes all of it. The processes in it must have been reaped. Prints to stderr what the kernel
  // does not remove within some seconds.
  ~CgroupTree();

  const std::string& Trouble() const { return trouble_; }
  // A process writes "0" to this descriptor to enter the last level; -1: depth was 0.
  int Entrance() const { return entrance_.Get(); }
  // The directory of "apart", for CLONE_INTO_CGROUP of clone3(2) and for openat(2).
  int Apart() const { return apart_.Get(); }

 private:
  bool Make(const std::string& path);

  std::vector<std::string> made_;  // outermost first
  std::string trouble_;
  sys::Fd entrance_;
  sys::Fd apart_;
};

}  // namespace procmark::bench
