// SPDX-License-Identifier: MIT
#include "images/host/sysroot.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "harness/sys/arch.h"
#include "harness/sys/complaint.h"
#include "harness/sys/sha256.h"
#include "images/host/apt_root.h"
#include "images/host/command.h"
#include "images/host/kernel.h"
#include "images/host/unpack.h"

namespace procmark::images {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const std::vector<std::string>& Packages() {
  static const std::vector<std::string>
      kPackages = {"libc6-dev",     "libstdc++-14-dev", "libgcc-14-dev",      "linux-libc-dev",
                   "liburing-dev",  "libnuma-dev",      "nlohmann-json3-dev", "googletest",
                   "busybox-static"};  // the last for shells in guests
  return kPackages;
}
constexpr const char* kBenchmark = "benchmark";
constexpr int64_t kSysrootRoomBytes = int64_t{512} << 20;

// Changes when what a sysroot must hold does, so that an older one is not taken for it.
std::string ContentsKey() {
  sys::Sha256 digest;
  for (const std::string& package : Packages()) digest.Add(package + "\n");
  return digest.Hex().substr(0, 8);
}

std::string KeyOf(const std::string& suite, const std::string& arch) {
  return fmt::format("{}-{}-{}", suite, arch, ContentsKey());
}

void UnpackBenchmark(const fs::path& downloads, const fs::path& root) {
  const fs::path source = root / "usr/src/benchmark";
  fs::create_directories(source);
  for (const fs::directory_entry& entry : fs::directory_iterator(downloads)) {
    const std::string name = entry.path().filename().string();
    if (name.find(".orig.tar.") == std::string::npos || name.ends_with(".asc")) continue;
    RunTool("the source of Google Benchmark cannot be unpacked",
            {"tar", "-x", "-f", entry.path().string(), "-C", source.string(),
             "--strip-components=1", "--no-same-owner"},
            root);
  }
  if (!fs::exists(source / "CMakeLists.txt")) {
    sys::ThrowLost("the source package of Google Benchmark holds no CMakeLists.txt");
  }
}

// Throws DownloadFailed when the mirror does not hold what its lists promise.
Json Fill(const Cache& cache, const std::string& suite, const std::string& arch,
          const fs::path& root) {
  const fs::path downloads = root / "downloads";
  fs::create_directories(downloads);
  RequireFreeBytes(root, kSysrootRoomBytes);
  {
    AptRoot apt = AptRoot::Open(cache, suite, arch);
    if (!apt.Refresh()) {
      sys::ThrowLost(fmt::format("the mirror of this host has no {}: choose one that has", suite));
    }
    Progress(fmt::format("sysroot: downloading the libraries of {} {}", suite, arch));
    const auto download = [&] {
      apt.DownloadWithDependencies(Packages(), downloads);
      apt.DownloadSource(kBenchmark, downloads);
    };
    try {
      download();
    } catch (const DownloadFailed& failure) {
      Progress(fmt::format("sysroot: {}; trying again with fresh lists", failure.what()));
      apt.Refresh(true);
      download();
    }
  }
  std::set<std::string> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(downloads)) {
    if (!entry.is_regular_file() || entry.path().filename() == "lock") continue;
    files.insert(entry.path().filename().string());
  }
  UnpackPackages(downloads, root);
  UnpackBenchmark(downloads, root);
  fs::remove_all(downloads);
  RemoveDocumentation(root);
  for (const char* unread : {"usr/share/perl5", "etc"}) fs::remove_all(root / unread);
  // Debian's linker scripts and links speak of /lib and /lib64.
  LinkToUsr(root, {"lib", "lib64"});
  return {{"arch", arch}, {"suite", suite}, {"packages", files}};
}

Slot AcquireOf(const Cache& cache, const std::string& suite, const std::string& arch,
               bool refresh) {
  const std::string key = KeyOf(suite, arch);
  const FileLock lock = cache.Lock("sysroot", key);
  if (!refresh) {
    if (const std::optional<Slot> slot = cache.Find("sysroot", key)) return *slot;
  }
  return cache.Publish("sysroot", key,
                       [&](const fs::path& root) { return Fill(cache, suite, arch, root); });
}

}  // namespace

Sysroot AcquireSysroot(const Cache& cache, const std::string& arch, bool refresh) {
  (void)sys::RequireArch(arch);
  const auto& [first, second] = kSysrootSuites;
  // Once it had to be the second release it stays that one: bytes of programs come from it.
  const bool fell_back = !refresh && !cache.Find("sysroot", KeyOf(first, arch)) &&
                         cache.Find("sysroot", KeyOf(second, arch));
  const auto sysroot = [&](const std::string& suite) {
    const Slot slot = AcquireOf(cache, suite, arch, refresh);
    return Sysroot{arch, slot.folder, slot.about.at("packages")};
  };
  if (fell_back) return sysroot(second);
  try {
    return sysroot(first);
  } catch (const DownloadFailed& failure) {
    Progress(fmt::format("sysroot: {}; {} is taken from {} instead", failure.what(), arch, second));
    return sysroot(second);
  }
}

}  // namespace procmark::images
