// SPDX-License-Identifier: MIT
#include "images/host/manifest.h"

#include <fmt/format.h>

#include "harness/sys/complaint.h"
#include "harness/sys/sha256.h"

namespace procmark::images {

namespace fs = std::filesystem;

Manifest HashFolder(const fs::path& folder) {
  Manifest manifest;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).string();
    if (entry.is_symlink()) {
      manifest[name] = "link:" + fs::read_symlink(entry.path()).string();
    } else if (entry.is_regular_file()) {
      sys::Result<std::string> hash = sys::Sha256OfFile(entry.path());
      if (!hash) {
        sys::ThrowLost(
            fmt::format("{} cannot be read: {}", entry.path().string(), hash.Failure().Text()));
      }
      manifest[name] = std::move(hash).Value();
    }
  }
  return manifest;
}

std::string FirstDifference(const fs::path& folder, const Manifest& expected) {
  Manifest found;
  try {
    found = HashFolder(folder);
  } catch (const std::exception& error) {
    return error.what();
  }
  for (const auto& [name, hash] : expected) {
    const auto here = found.find(name);
    if (here == found.end()) return fmt::format("{} is missing", name);
    if (here->second != hash) return fmt::format("{} has changed", name);
  }
  for (const auto& [name, hash] : found) {
    if (!expected.contains(name)) return fmt::format("{} was added", name);
  }
  return "";
}

}  // namespace procmark::images
