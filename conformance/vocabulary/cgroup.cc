// SPDX-License-Identifier: MIT
// Makes and removes folders of the cgroup file system.
#include "conformance/vocabulary/cgroup.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>

#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/leftovers.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/test_deadline.h"

namespace procmark::conformance {
namespace {

// Where a file system of this type is mounted with `option` among its options; "" when nowhere.
std::string MountPoint(const std::string& type, const std::string& option) {
  std::istringstream mounts(TextOf("/proc/self/mounts"));
  std::string source, point, kind, options, rest;
  while (mounts >> source >> point >> kind >> options && std::getline(mounts, rest)) {
    if (kind != type) continue;
    if (option.empty() || ("," + options + ",").find("," + option + ",") != std::string::npos) {
      return point;
    }
  }
  return {};
}

// The caller's own cgroup of version 2: the text after "0::".
std::string OwnPlace() {
  const std::string text = TextOf("/proc/self/cgroup");
  const size_t at = text.find("0::");
  if (at == std::string::npos) return "/";
  const size_t end = text.find('\n', at);
  return text.substr(at + 3, end - at - 3);
}

bool HasWord(const std::string& text, const std::string& word) {
  std::istringstream words(text);
  for (std::string each; words >> each;) {
    if (each == word) return true;
  }
  return false;
}

// A killed process is gone as soon as it gets a CPU.
constexpr long long kPatienceMs = 10'000;

}  // namespace

std::string OwnCgroupFolder() {
  const std::string root = MountPoint("cgroup2", "");
  return root.empty() ? std::string() : root + OwnPlace();
}

std::string FreezerV1Folder() { return MountPoint("cgroup", "freezer"); }

std::optional<Cgroup> Cgroup::Make(const std::string& parent, std::string* why) {
  const std::string path = parent + (parent.back() == '/' ? "" : "/") + NewMachineName();
  if (::mkdir(path.c_str(), 0755) != 0) {
    *why = "this user may not make a cgroup here: " + std::string(std::strerror(errno));
    return {};
  }
  sys::Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.Valid()) ThrowErrno("open of a cgroup", errno);
  return Cgroup(path, std::move(folder));
}

std::optional<Cgroup> Cgroup::Create(std::string* why) {
  const std::string parent = OwnCgroupFolder();
  if (parent.empty()) {
    *why = "no cgroup file system of version 2 is mounted";
    return {};
  }
  return Make(parent, why);
}

std::optional<Cgroup> Cgroup::CreateWith(const std::string& controller, std::string* why) {
  std::optional<Cgroup> parent = Create(why);
  if (!parent) return {};
  const std::string above = parent->path_.substr(0, parent->path_.rfind('/'));
  if (!HasWord(TextOf(above + "/cgroup.controllers"), controller)) {
    *why = "version 2 of cgroups has no controller '" + controller + "' here";
    return {};
  }
  // It stays enabled: that costs nothing, and other programs may have enabled it as well.
  if (const int error = WriteText(above + "/cgroup.subtree_control", "+" + controller)) {
    *why = "this user may not enable the controller: " + std::string(std::strerror(error));
    return {};
  }
  return parent;
}

std::optional<Cgroup> Cgroup::CreateFreezerV1(std::string* why) {
  const std::string root = FreezerV1Folder();
  if (!root.empty()) return Make(root, why);
  const std::string own = "/tmp/freezer";  // the test's own tmpfs
  if (::mkdir(own.c_str(), 0755) != 0) ThrowErrno("mkdir", errno);
  if (::mount("cgroup", own.c_str(), "cgroup", 0, "freezer") != 0) {
    *why =
        "the freezer of cgroups version 1 cannot be mounted: " + std::string(std::strerror(errno));
    ::rmdir(own.c_str());
    return {};
  }
  std::optional<Cgroup> made = Make(own, why);
  if (made) made->mounted_ = own;
  return made;
}

Cgroup::~Cgroup() {
  if (!folder_.Valid()) return;
  if (!RemoveCgroup(path_, kPatienceMs)) ADD_FAILURE() << path_ << " cannot be removed";
  if (mounted_.empty()) return;
  folder_.Close();
  ::umount2(mounted_.c_str(), MNT_DETACH);
  ::rmdir(mounted_.c_str());
}

bool Cgroup::Has(const std::string& file) const {
  return ::faccessat(folder_.Get(), file.c_str(), F_OK, 0) == 0;
}

std::string Cgroup::Read(const std::string& file) const { return TextOf(path_ + "/" + file); }

int Cgroup::Write(const std::string& file, const std::string& text) const {
  return WriteText(path_ + "/" + file, text);
}

bool Cgroup::AwaitEvent(const std::string& line) const {
  const sys::Fd events(::openat(folder_.Get(), "cgroup.events", O_RDONLY | O_CLOEXEC));
  const sys::Deadline deadline = TestDeadline();
  while (events.Valid()) {
    char text[256] = "";
    if (::pread(events.Get(), text, sizeof text - 1, 0) < 0) return false;
    if (("\n" + std::string(text)).find("\n" + line + "\n") != std::string::npos) return true;
    pollfd changed{events.Get(), POLLPRI, 0};
    if (::poll(&changed, 1, deadline.PollTimeoutMs()) <= 0) return false;
  }
  return false;
}

}  // namespace procmark::conformance
