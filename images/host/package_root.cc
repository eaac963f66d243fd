// SPDX-License-Identifier: MIT
#include "images/host/package_root.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "harness/sys/arch.h"
#include "harness/sys/complaint.h"
#include "harness/sys/proc_stat.h"
#include "harness/sys/sha256.h"
#include "images/host/apt_root.h"
#include "images/host/command.h"
#include "images/host/cpio_writer.h"
#include "images/host/kernel.h"
#include "images/host/unpack.h"

namespace procmark::images {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* kArchive = "root.cpio";
constexpr int64_t kRoomBytes = int64_t{1} << 30;

std::string KeyOf(const std::string& suite, const std::string& arch,
                  const std::vector<std::string>& names) {
  sys::Sha256 digest;
  for (const std::string& name : names) digest.Add(name + "\n");
  return fmt::format("{}-{}-{}", suite, arch, digest.Hex().substr(0, 16));
}

void Download(const Cache& cache, const std::string& suite, const std::string& arch,
              const std::vector<std::string>& names, const fs::path& folder) {
  AptRoot apt = AptRoot::Open(cache, suite, arch);
  if (!apt.Refresh()) {
    sys::ThrowUsage(fmt::format("the mirror of this host has no {}: choose one that has", suite));
  }
  Progress(fmt::format("root: downloading {} of {} {}", fmt::join(names, ", "), suite, arch));
  try {
    apt.DownloadWithDependencies(names, folder);
  } catch (const DownloadFailed& failure) {
    Progress(fmt::format("root: {}; trying again with fresh lists", failure.what()));
    apt.Refresh(true);
    apt.DownloadWithDependencies(names, folder);
  }
}

Json Fill(const Cache& cache, const std::string& suite, const std::string& arch,
          const std::vector<std::string>& names, const fs::path& folder) {
  RequireFreeBytes(folder, kRoomBytes);
  const fs::path downloads = folder / "downloads";
  const fs::path root = folder / "root";
  fs::create_directories(downloads);
  fs::create_directories(root);
  Download(cache, suite, arch, names, downloads);
  std::set<std::string> packages;
  for (const fs::directory_entry& entry : fs::directory_iterator(downloads)) {
    if (entry.path().extension() == ".deb") packages.insert(entry.path().filename().string());
  }
  UnpackPackages(downloads, root);
  fs::remove_all(downloads);
  RemoveDocumentation(root);
  LinkToUsr(root, {"bin", "sbin", "lib", "lib64"});
  std::ofstream out(folder / kArchive, std::ios::binary);
  out << ArchiveOf(root);
  out.close();
  if (!out) ThrowDiskFull(folder);
  fs::remove_all(root);
  return {{"suite", suite}, {"arch", arch}, {"packages", packages}};
}

void AddEntry(const fs::path& root, const fs::path& path, CpioWriter& writer) {
  const std::string name = path.lexically_relative(root).string();
  const fs::file_status status = fs::symlink_status(path);
  if (fs::is_symlink(status)) {
    writer.AddLink(name, fs::read_symlink(path).string());
  } else if (fs::is_directory(status)) {
    writer.AddDirectory(name);
  } else if (fs::is_regular_file(status)) {
    const sys::Result<std::string> bytes = sys::ReadSmallFile(path.string());
    if (!bytes) sys::ThrowLost(fmt::format("{}: {}", path.string(), bytes.Failure().Text()));
    const bool executable = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
    writer.AddFile(name, executable ? 0755 : 0644, bytes.Value());
  } else {
    sys::ThrowLost(fmt::format("{} is no file, folder or link", path.string()));
  }
}

}  // namespace

PackageRoot AcquirePackageRoot(const Cache& cache, const std::string& suite,
                               const std::string& arch, std::vector<std::string> names,
                               bool refresh) {
  (void)sys::RequireArch(arch);
  std::ranges::sort(names);
  const std::string key = KeyOf(suite, arch, names);
  const FileLock lock = cache.Lock("root", key);
  std::optional<Slot> slot = refresh ? std::nullopt : cache.Find("root", key);
  if (!slot) {
    slot = cache.Publish("root", key, [&](const fs::path& folder) {
      return Fill(cache, suite, arch, names, folder);
    });
  }
  const fs::path archive = slot->folder / kArchive;
  const sys::Result<std::string> hash = sys::Sha256OfFile(archive);
  if (!hash) sys::ThrowLost(fmt::format("{}: {}", archive.string(), hash.Failure().Text()));
  return {archive, hash.Value(), slot->about.at("packages")};
}

std::string ArchiveOf(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    paths.push_back(entry.path());
  }
  std::ranges::sort(paths);  // a folder sorts before what lies in it
  CpioWriter writer;
  for (const fs::path& path : paths) AddEntry(folder, path, writer);
  return writer.Finish();
}

}  // namespace procmark::images
