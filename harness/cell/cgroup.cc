// SPDX-License-Identifier: MIT
#include "harness/cell/cgroup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <sstream>
#include <string>

#include "harness/sys/fd.h"
#include "harness/sys/proc_stat.h"

namespace procmark::cell {
namespace {

namespace fs = std::filesystem;

bool WriteExisting(const fs::path& path, const std::string& text) {
  const sys::Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file.Valid() && sys::WriteAll(file.Get(), text.data(), text.size()).Ok();
}

// The folder of the cgroup that this process is in; empty without cgroup v2.
fs::path OwnFolder() {
  const sys::Result<std::string> mounts = sys::ReadSmallFile("/proc/self/mounts");
  const sys::Result<std::string> groups = sys::ReadSmallFile("/proc/self/cgroup");
  if (!mounts || !groups) return {};
  fs::path mount;
  std::istringstream lines(mounts.Value());
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string device;
    std::string where;
    std::string type;
    words >> device >> where >> type;
    if (type == "cgroup2") mount = where;
  }
  std::istringstream own(groups.Value());
  for (std::string line; std::getline(own, line);) {
    if (line.starts_with("0::/") && !mount.empty()) return mount / line.substr(4);
  }
  return {};
}

}  // namespace

std::optional<Cgroup> Cgroup::Create(int64_t most_memory_bytes) {
  const fs::path own = OwnFolder();
  if (own.empty()) return std::nullopt;
  return CreateBelow(own, most_memory_bytes);
}

std::optional<Cgroup> Cgroup::CreateBelow(const fs::path& parent, int64_t most_memory_bytes) {
  static std::atomic<int> count = 0;
  const fs::path folder = parent / fmt::format("procmark-{}-{}", ::getpid(), count++);
  std::error_code error;
  if (!fs::create_directory(folder, error)) return std::nullopt;
  Cgroup made(folder);
  if (!WriteExisting(folder / "memory.max", std::to_string(most_memory_bytes))) return std::nullopt;
  return made;
}

bool Cgroup::Add(sys::Pid process) const {
  return WriteExisting(folder_ / "cgroup.procs", std::to_string(process.Number()));
}

Cgroup::~Cgroup() {
  std::error_code ignored;
  if (!folder_.empty()) fs::remove(folder_, ignored);
}

}  // namespace procmark::cell
