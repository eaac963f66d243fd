// SPDX-License-Identifier: MIT
#include "images/host/userland.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "harness/sys/complaint.h"

namespace procmark::images {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void ThrowLacks(const fs::path& sysroot, const char* what) {
  sys::ThrowUsage(
      fmt::format("{} holds no {}: make it again with `./run.sh images sysroot ARCH "
                  "--refresh`",
                  sysroot.string(), what));
}

std::vector<fs::path> Sorted(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
    entries.push_back(entry.path());
  std::ranges::sort(entries);
  return entries;
}

// ld-linux-x86-64.so.2, ld64.so.1: the names that psABIs give to the loader.
bool IsLoader(const fs::path& path) {
  const std::string name = path.filename().string();
  const bool named = name.starts_with("ld-linux") || name.starts_with("ld64.so.");
  return named && name.find(".so.") != std::string::npos && fs::is_regular_file(path);
}

}  // namespace

std::map<std::string, fs::path> FindUserland(const fs::path& sysroot) {
  std::map<std::string, fs::path> userland;
  for (const char* folder : {"lib64", "lib"}) {
    for (const fs::path& path : Sorted(sysroot / "usr" / folder)) {
      if (IsLoader(path))
        userland.emplace(fmt::format("{}/{}", folder, path.filename().string()), path);
    }
  }
  if (userland.empty()) ThrowLacks(sysroot, "loader of dynamic programs (usr/lib*/ld*.so.*)");
  for (const fs::path& folder : Sorted(sysroot / "usr/lib")) {
    if (fs::is_regular_file(folder / "libc.so.6"))
      userland.emplace("lib/libc.so.6", folder / "libc.so.6");
  }
  if (!userland.contains("lib/libc.so.6")) ThrowLacks(sysroot, "C library (usr/lib/*/libc.so.6)");
  const fs::path busybox = sysroot / "usr/bin/busybox";
  if (!fs::is_regular_file(busybox)) ThrowLacks(sysroot, "shell (usr/bin/busybox)");
  userland.emplace("bin/sh", busybox);
  return userland;
}

}  // namespace procmark::images
