#include "images/sysroot.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "harness/sys/complaint.h"
#include "harness/sys/sha256.h"
#include "images/apt_root.h"
#include "images/command.h"
#include "images/kernel.h"

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
constexpr int64_t kRoomBytes = int64_t{512} << 20;

// Changes when what a sysroot must hold does, so that an older one is not taken for it.
std::string ContentsKey() {
  sys::Sha256 digest;
  for (const std::string& package : Packages()) digest.Add(package + "\n");
  return digest.Hex().substr(0, 8);
}

// What a static build never reads.
void RemoveDocumentation(const fs::path& root) {
  for (const char* path : {"usr/share/doc", "usr/share/man", "usr/share/info", "usr/share/locale",
                           "usr/share/lintian", "usr/share/gdb", "usr/share/perl5", "etc"}) {
    fs::remove_all(root / path);
  }
}

// Debian's linker scripts and links speak of /lib and /lib64.
void LinkLibraryFolders(const fs::path& root) {
  for (const char* name : {"lib", "lib64"}) {
    fs::create_directories(root / "usr" / name);
    if (!fs::exists(fs::symlink_status(root / name))) {
      fs::create_symlink(fs::path("usr") / name, root / name);
    }
  }
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

Json Fill(const Cache& cache, const std::string& arch, const fs::path& root) {
  const fs::path downloads = root / "downloads";
  fs::create_directories(downloads);
  RequireFreeBytes(root, kRoomBytes);
  {
    AptRoot apt = AptRoot::Open(cache, kSysrootSuite, arch);
    if (!apt.Refresh()) {
      sys::ThrowLost(
          fmt::format("the mirror of this host has no {}: choose one that has", kSysrootSuite));
    }
    Progress(fmt::format("sysroot: downloading the libraries of {} {}", kSysrootSuite, arch));
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
    if (entry.path().extension() != ".deb") continue;
    RunTool(fmt::format("{} cannot be unpacked", entry.path().filename().string()),
            {"dpkg-deb", "-x", entry.path().string(), root.string()}, root);
  }
  UnpackBenchmark(downloads, root);
  fs::remove_all(downloads);
  RemoveDocumentation(root);
  LinkLibraryFolders(root);
  return {{"arch", arch}, {"suite", kSysrootSuite}, {"packages", files}};
}

}  // namespace

Sysroot AcquireSysroot(const Cache& cache, const std::string& arch, bool refresh) {
  RequireKnownArch(arch);
  const std::string key = fmt::format("{}-{}-{}", kSysrootSuite, arch, ContentsKey());
  const FileLock lock = cache.Lock("sysroot", key);
  std::optional<Slot> slot;
  if (!refresh) slot = cache.Find("sysroot", key);
  if (!slot) {
    slot = cache.Publish("sysroot", key,
                         [&](const fs::path& root) { return Fill(cache, arch, root); });
  }
  return {arch, slot->folder, slot->about.at("packages")};
}

}  // namespace procmark::images
