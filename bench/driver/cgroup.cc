// SPDX-License-Identifier: MIT
#include "bench/driver/cgroup.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "harness/sys/deadline.h"

namespace procmark::bench {
namespace {

std::string RootOfHierarchy() {
  for (const char* root : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    struct statfs information {};
    if (::statfs(root, &information) == 0 && information.f_type == CGROUP2_SUPER_MAGIC) return root;
  }
  return "";
}

// Passes its controllers on, so that the kernel charges a fork at every level.
void PassControllersOn(const std::string& path) {
  std::ifstream given(path + "/cgroup.controllers");
  for (std::string controller; given >> controller;) {
    std::ofstream passed(path + "/cgroup.subtree_control");
    passed << "+" << controller << std::flush;  // some cannot be passed on
  }
}

// rmdir(2) fails with EBUSY until the last process has left (cgroups(7)), which cgroup.events
// tells.
void Remove(const std::string& path, sys::Deadline deadline) {
  while (::rmdir(path.c_str()) != 0) {
    if (errno != EBUSY || deadline.Expired()) {
      std::fprintf(stderr, "procmark-bench: the cgroup %s cannot be removed: %s\n", path.c_str(),
                   std::strerror(errno));
      return;
    }
    const sys::Fd events(::open((path + "/cgroup.events").c_str(), O_RDONLY | O_CLOEXEC));
    char text[256];
    if (::read(events.Get(), text, sizeof text) < 0) continue;
    constexpr int kLookAgainMs = 100;
    pollfd changed{events.Get(), POLLPRI, 0};
    ::poll(&changed, 1, kLookAgainMs);
  }
}

}  // namespace

bool CgroupTree::Make(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) == 0) {
    made_.push_back(path);
    return true;
  }
  trouble_ =
      "a cgroup cannot be made in the version 2 hierarchy: " + std::string(std::strerror(errno));
  return false;
}

CgroupTree::CgroupTree(uint32_t depth) {
  const std::string root = RootOfHierarchy();
  if (root.empty()) {
    trouble_ = "no cgroup version 2 hierarchy is mounted";
    return;
  }
  const std::string home = root + "/procmark-" + std::to_string(::getpid());
  if (!Make(home)) return;
  PassControllersOn(home);
  if (!Make(home + "/apart")) return;
  apart_ = sys::Fd(::open((home + "/apart").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  std::string level = home;
  for (uint32_t i = 1; i <= depth; ++i) {
    if (i > 1) PassControllersOn(level);
    level += "/level-" + std::to_string(i);
    if (!Make(level)) return;
  }
  if (depth == 0) return;
  entrance_ = sys::Fd(::open((level + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  if (!entrance_.Valid())
    trouble_ = "a cgroup cannot be entered: " + std::string(std::strerror(errno));
}

CgroupTree::~CgroupTree() {
  constexpr long long kLetGoMs = 5'000;
  const sys::Deadline deadline = sys::Deadline::After(kLetGoMs);
  for (auto path = made_.rbegin(); path != made_.rend(); ++path) Remove(*path, deadline);
}

}  // namespace procmark::bench
