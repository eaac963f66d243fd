// SPDX-License-Identifier: MIT
#include "images/host/lab_module.h"

#include <fmt/format.h>
#include <re2/re2.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>

#include "harness/sys/arch.h"
#include "harness/sys/complaint.h"
#include "harness/sys/sha256.h"
#include "images/host/apt_root.h"
#include "images/host/command.h"
#include "images/host/unpack.h"

namespace procmark::images {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr int64_t kModuleRoomBytes = int64_t{1} << 30;
constexpr const char* kFolder = "lab";  // of the sources, in the folder that is built in

// The module's sources, by their path in the project.
constexpr std::array<const char*, 3> kSources = {"images/lab/Kbuild", "images/lab/lab.c",
                                                 "harness/sys/lab.h"};

// What kbuild runs and no package of a kernel depends on.
constexpr std::array<const char*, 7> kTools = {"make", "dash", "coreutils", "sed",
                                               "grep", "mawk", "binutils"};

std::string HashOf(const fs::path& file) {
  const sys::Result<std::string> hash = sys::Sha256OfFile(file);
  if (!hash) sys::ThrowLost(fmt::format("{}: {}", file.string(), hash.Failure().Text()));
  return hash.Value();
}

// The folder that holds kSources: an installed procmark names it, else it is the source tree.
fs::path Project() {
  const char* named = std::getenv("PROCMARK_PROJECT");
  return named == nullptr || *named == '\0' ? PROCMARK_ROOT : named;
}

std::string KeyOf(const Kernel& kernel) {
  sys::Sha256 digest;
  for (const char* source : kSources) digest.Add(HashOf(Project() / source));
  return fmt::format("{}-{}-{}", kernel.arch, kernel.sha256.substr(0, 16),
                     digest.Hex().substr(0, 8));
}

// The headers of exactly this kernel. Returns what they depend on.
std::string DownloadHeaders(const Cache& cache, const Kernel& kernel, const fs::path& folder) {
  AptRoot apt = AptRoot::Open(cache, kernel.suite, kernel.arch);
  for (const bool now : {false, true}) {
    apt.Refresh(now);
    for (const DebianPackage& package : apt.Packages("^linux-headers-[0-9]")) {
      if (package.name != "linux-headers-" + kernel.release || package.version != kernel.version) {
        continue;
      }
      apt.Download({package}, folder);
      return package.depends;
    }
  }
  sys::ThrowLost(
      fmt::format("{} has no linux-headers-{} {} any more: run `./run.sh images prune --limit 0` "
                  "or wait a day, so that {} means a newer kernel",
                  kernel.suite, kernel.release, kernel.version, kernel.name));
}

void DownloadTools(const Cache& cache, const Kernel& kernel, const std::string& depends,
                   const std::string& host_arch, const fs::path& folder) {
  std::vector<std::string> names = ModuleBuildPackages(depends, kernel.arch, host_arch);
  if (names.empty()) {
    sys::ThrowLost(fmt::format("linux-headers-{} names no compiler: {}", kernel.release, depends));
  }
  names.insert(names.end(), kTools.begin(), kTools.end());
  AptRoot apt = AptRoot::Open(cache, WholeSuites(kernel.suite), host_arch);
  apt.Refresh();
  Progress(fmt::format("lab: downloading what builds a module of {}", kernel.release));
  try {
    apt.DownloadWithDependencies(names, folder);
  } catch (const DownloadFailed& failure) {
    Progress(fmt::format("lab: {}; trying again with fresh lists", failure.what()));
    apt.Refresh(true);
    apt.DownloadWithDependencies(names, folder);
  }
}

// Does what the scripts of the packages would do.
void FinishRoot(const fs::path& root) {
  LinkToUsr(root, {"bin", "sbin", "lib", "lib64"});
  fs::create_symlink("mawk", root / "usr/bin/awk");
  fs::create_directories(root / "proc");
  fs::create_directories(root / "dev");
  std::ofstream(root / "dev/null").close();
}

void CopySources(const fs::path& folder) {
  fs::create_directories(folder / "harness/sys");
  for (const fs::path source : kSources) {
    const bool ours = source.parent_path() == "images/lab";
    fs::copy_file(Project() / source, folder / (ours ? source.filename() : source));
  }
}

// Runs make in the root, with /proc (objtool reads its limits there) and /dev/null of this machine.
void Make(const Kernel& kernel, bool cross, const fs::path& root) {
  constexpr const char* kEnter =
      "mount --rbind /proc \"$0/proc\" && mount --bind /dev/null \"$0/dev/null\" && "
      "exec chroot \"$0\" \"$@\"";
  std::vector<std::string> argv = {"unshare", "--mount"};
  if (::geteuid() != 0) argv.emplace_back("--map-root-user");
  argv.insert(argv.end(),
              {"sh", "-c", kEnter, root.string(), "make", "-C",
               "/usr/src/linux-headers-" + kernel.release, fmt::format("M=/{}", kFolder),
               // Without the vmlinux it came from a module has no types to name.
               "CONFIG_DEBUG_INFO=", "CONFIG_DEBUG_INFO_BTF_MODULES=", "modules"});
  // Headers before 6.12 know their architecture, but not that they are elsewhere.
  if (cross)
    argv.push_back(fmt::format("CROSS_COMPILE={}-", sys::RequireArch(kernel.arch).triplet));
  const ToolResult made =
      TryTool(argv, root, {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}, {"HOME", "/"}});
  if (made.ok) return;
  if (made.err.starts_with("unshare:") || made.err.starts_with("mount:")) {
    sys::ThrowUsage(
        fmt::format("the lab module is built as root, or in a user namespace of its own, and this "
                    "machine lets us do neither: {}",
                    ErrorLines(made.err)));
  }
  Progress(made.err);
  sys::ThrowLost(fmt::format("the lab module does not build for {}: see above", kernel.release));
}

Json Fill(const Cache& cache, const Kernel& kernel, const std::string& host_arch,
          const fs::path& folder) {
  RequireFreeBytes(folder, kModuleRoomBytes);
  const fs::path downloads = folder / "downloads";
  const fs::path root = folder / "root";
  fs::create_directories(downloads);
  fs::create_directories(root);
  const std::string depends = DownloadHeaders(cache, kernel, downloads);
  DownloadTools(cache, kernel, depends, host_arch, downloads);
  UnpackPackages(downloads, root);
  fs::remove_all(downloads);
  FinishRoot(root);
  CopySources(root / kFolder);
  Make(kernel, kernel.arch != host_arch, root);
  fs::rename(root / kFolder / "lab.ko", folder / "lab.ko");
  fs::remove_all(root);
  return {{"kernel", kernel.release}, {"version", kernel.version}};
}

}  // namespace

std::vector<std::string> ModuleBuildPackages(const std::string& depends, const std::string& arch,
                                             const std::string& host_arch) {
  static const re2::RE2 kNeeded("(linux-headers-[^ ,]+-common(?:-[^ ,]+)?|linux-kbuild-[^ ,]+)");
  static const re2::RE2 kCompiler("\\b(gcc-[0-9]+)");
  std::vector<std::string> names(1);
  if (!re2::RE2::PartialMatch(depends, kCompiler, &names[0])) return {};
  if (arch != host_arch) {
    // A package's name cannot hold the underscore of x86_64.
    std::string triplet = sys::RequireArch(arch).triplet;
    std::ranges::replace(triplet, '_', '-');
    names[0] += "-" + triplet;
  }
  re2::StringPiece rest(depends);
  for (std::string name; re2::RE2::FindAndConsume(&rest, kNeeded, &name);) names.push_back(name);
  return names;
}

std::string WholeSuites(const std::string& suite) {
  const size_t backports = suite.find("-backports");
  return backports == std::string::npos ? suite : suite.substr(0, backports) + "+" + suite;
}

LabModule AcquireLabModule(const Cache& cache, const Kernel& kernel, const std::string& host_arch) {
  if (kernel.package.empty()) {
    sys::ThrowUsage(
        fmt::format("the lab module is built from the headers that Debian has for its kernels, and "
                    "{} is not one of them: use a debian- kernel",
                    kernel.name));
  }
  const std::string key = KeyOf(kernel);
  const FileLock lock = cache.Lock("lab", key);
  std::optional<Slot> slot = cache.Find("lab", key);
  if (!slot) {
    slot = cache.Publish(
        "lab", key, [&](const fs::path& folder) { return Fill(cache, kernel, host_arch, folder); });
  }
  const fs::path path = slot->folder / "lab.ko";
  return {path, HashOf(path)};
}

}  // namespace procmark::images
