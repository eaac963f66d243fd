// SPDX-License-Identifier: MIT
#include "images/host/apt_root.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <set>
#include <sstream>

#include "harness/sys/complaint.h"
#include "harness/sys/fd.h"
#include "harness/sys/proc_stat.h"
#include "harness/sys/text.h"
#include "images/host/command.h"

namespace procmark::images {
namespace {

namespace fs = std::filesystem;

constexpr const char* kKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
constexpr const char* kRefreshed = "refreshed";  // "present" or "absent"; its mtime is the time
constexpr int64_t kListsLiveSeconds = 24 * 3600;
constexpr int64_t kJustNowSeconds = 600;
constexpr int64_t kRoomForListsBytes = int64_t{192} << 20;

void Write(const fs::path& path, const std::string& text, mode_t mode = 0644) {
  const sys::Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  const sys::Result<void> written = file.Valid()
                                        ? sys::WriteAll(file.Get(), text.data(), text.size())
                                        : sys::Result<void>(sys::LastError("open"));
  if (written) return;
  if (written.Failure().error_number == ENOSPC) ThrowDiskFull(path);
  sys::ThrowLost(fmt::format("{} cannot be written: {}", path.string(), written.Failure().Text()));
}

int64_t AgeSeconds(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return INT64_MAX;
  return ::time(nullptr) - status.st_mtime;
}

constexpr const char* kMirrorVariable = "PROCMARK_DEBIAN_MIRROR";

// The mirror that the user names; "" when none is.
std::string NamedMirror() {
  const char* named = std::getenv(kMirrorVariable);
  const std::string mirror = named == nullptr ? "" : named;
  if (!mirror.empty() && mirror.find(":/") == std::string::npos) {
    sys::ThrowUsage(
        fmt::format("{}='{}' is no address: give that of a Debian mirror, with its "
                    "http:// or file:/",
                    kMirrorVariable, mirror));
  }
  return mirror;
}

std::string HostMirror(const fs::path& folder) {
  const std::string named = NamedMirror();
  if (!named.empty()) return named;
  return DebianMirrorOf(RunTool("the host's apt cannot say which mirror it uses",
                                {"apt-get", "indextargets", "--format", "$(REPO_URI) $(LABEL)"},
                                folder));
}

}  // namespace

std::string DebianMirrorOf(const std::string& index_targets) {
  std::istringstream lines(index_targets);
  for (std::string line; std::getline(lines, line);) {
    const size_t space = line.find(' ');
    if (space == std::string::npos || line.substr(space + 1) != "Debian") continue;
    std::string uri = line.substr(0, space);
    while (uri.ends_with('/')) uri.pop_back();
    return uri;
  }
  sys::ThrowUsage(
      "this host's apt has no Debian archive to take kernels and sysroots from: on Debian run "
      "`apt-get update`; elsewhere (Ubuntu too) set PROCMARK_DEBIAN_MIRROR to the address of a "
      "Debian mirror, and install debian-archive-keyring");
}

std::string AcquireSettingsOf(const std::string& apt_config_dump) {
  static const std::set<std::string> kOurs = {"Acquire::Languages", "Acquire::GzipIndexes",
                                              "Acquire::IndexTargets", "Acquire::CompressionTypes"};
  std::string kept;
  std::istringstream lines(apt_config_dump);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("Acquire::")) continue;
    const std::string name = line.substr(0, line.find(' '));
    bool ours = false;
    for (const std::string& own : kOurs) {
      ours = ours || name == own || name.starts_with(own + "::");
    }
    if (!ours) kept += line + "\n";
  }
  return kept;
}

AptRoot AptRoot::Open(const Cache& cache, const std::string& suite, const std::string& arch) {
  const std::string key = suite + "-" + arch;
  FileLock lock = cache.Lock("apt", key);
  AptRoot root(std::move(lock), cache.MutableFolder("apt", key), suite, arch);
  root.WriteConfiguration();
  return root;
}

void AptRoot::WriteConfiguration() const {
  if (!fs::exists(kKeyring)) {
    sys::ThrowUsage("Debian's archive keyring is not here: install debian-archive-keyring");
  }
  for (const char* needed : {"state/lists/partial", "cache/archives/partial", "etc/preferences.d",
                             "etc/trusted.gpg.d", "etc/apt.conf.d"}) {
    std::error_code error;
    fs::create_directories(folder_ / needed, error);
    if (error.value() == ENOSPC) ThrowDiskFull(folder_);
    if (error) {
      sys::ThrowLost(fmt::format("{} cannot be made: {}", folder_.string(), error.message()));
    }
  }
  const std::string mirror = HostMirror(folder_);
  std::string sources;
  for (const std::string& suite : sys::Split(suite_, '+')) {
    const std::string source = fmt::format("[signed-by={}] {} {} main\n", kKeyring, mirror, suite);
    sources += "deb " + source + "deb-src " + source;
  }
  const fs::path list = folder_ / "etc/sources.list";
  const sys::Result<std::string> before = sys::ReadSmallFile(list.string());
  if (before && before.Value() != sources) {
    std::error_code ignored;
    fs::remove(folder_ / kRefreshed, ignored);  // the lists at hand are another mirror's
  }
  Write(list, sources);
  Write(folder_ / "state/status", "");
  const std::string acquire = AcquireSettingsOf(
      RunTool("the host's apt configuration cannot be read", {"apt-config", "dump"}, folder_));
  // Readable by its owner only: a proxy's address may hold a password.
  Write(folder_ / "apt.conf",
        fmt::format(R"(Dir::State "{0}/state";
Dir::State::status "{0}/state/status";
Dir::Cache "{0}/cache";
Dir::Etc "{0}/etc";
Dir::Etc::sourcelist "{0}/etc/sources.list";
Dir::Etc::sourceparts "-";
Dir::Etc::parts "{0}/etc/apt.conf.d";
Dir::Etc::main "/dev/null";
Dir::Etc::netrc "/etc/apt/auth.conf";
Dir::Etc::netrcparts "/etc/apt/auth.conf.d";
APT::Architecture "{1}";
APT::Architectures {{ "{1}"; }};
APT::Install-Recommends "false";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::GzipIndexes "true";
Acquire::Retries "3";
{2})",
                    folder_.string(), arch_, acquire),
        0600);
}

std::map<std::string, std::string> AptRoot::AptEnvironment() const {
  return {{"APT_CONFIG", (folder_ / "apt.conf").string()}, {"DEBIAN_FRONTEND", "noninteractive"}};
}

bool AptRoot::Refresh(bool now) {
  const fs::path refreshed = folder_ / kRefreshed;
  const int64_t age = AgeSeconds(refreshed);
  const auto present = [&] {
    const sys::Result<std::string> word = sys::ReadSmallFile(refreshed.string());
    return word && word.Value() == "present";
  };
  if (age < (now ? kJustNowSeconds : kListsLiveSeconds)) return present();
  RequireFreeBytes(folder_, kRoomForListsBytes);
  Progress(fmt::format("apt: fetching the lists of {} {}", suite_, arch_));
  const ToolResult update = TryTool({"apt-get", "update", "-q"}, folder_, AptEnvironment());
  const bool absent = update.err.find("does not have a Release file") != std::string::npos &&
                      update.out.find("404") != std::string::npos;
  if (update.ok || absent) {
    Write(refreshed, update.ok ? "present" : "absent");
    return update.ok;
  }
  if (age == INT64_MAX) {
    throw ListsUnavailable(fmt::format(
        "the lists of {} {} cannot be fetched: {}; check {}", suite_, arch_, ErrorLines(update.err),
        NamedMirror().empty() ? "that `apt-get update` works on this host" : kMirrorVariable));
  }
  Progress(fmt::format("apt: the lists of {} {} cannot be refreshed; using those at hand", suite_,
                       arch_));
  return present();
}

std::vector<DebianPackage> AptRoot::Packages(const std::string& name_pattern) const {
  const std::string found =
      RunTool("apt-cache cannot search", {"apt-cache", "search", "--names-only", name_pattern},
              folder_, AptEnvironment());
  std::vector<std::string> show = {"apt-cache", "show"};
  std::istringstream lines(found);
  for (std::string line; std::getline(lines, line);) show.push_back(line.substr(0, line.find(' ')));
  if (show.size() == 2) return {};
  return ParseStanzas(RunTool("apt-cache cannot show packages", show, folder_, AptEnvironment()));
}

void AptRoot::RunDownload(const std::string& what, const std::vector<std::string>& argv,
                          const fs::path& folder) const {
  const ToolResult result = TryTool(argv, folder, AptEnvironment());
  if (result.ok) return;
  throw DownloadFailed(fmt::format("{} cannot be downloaded: {}", what, ErrorLines(result.err)));
}

void AptRoot::Download(const std::vector<DebianPackage>& packages, const fs::path& folder) const {
  // apt-get download puts files where it is started.
  std::vector<std::string> argv = {"env", "-C", folder.string(), "apt-get", "download", "-q"};
  for (const DebianPackage& package : packages) {
    argv.push_back(package.name + "=" + package.version);
  }
  RunDownload(fmt::format("{} {}", packages.at(0).name, packages.at(0).version), argv, folder);
}

void AptRoot::DownloadWithDependencies(const std::vector<std::string>& names,
                                       const fs::path& folder) const {
  std::error_code ignored;
  fs::create_directories(folder / "partial", ignored);
  std::vector<std::string> argv = {"apt-get",
                                   "install",
                                   "-q",
                                   "-y",
                                   "--download-only",
                                   "--no-install-recommends",
                                   "-o",
                                   "Dir::Cache::archives=" + folder.string()};
  argv.insert(argv.end(), names.begin(), names.end());
  RunDownload(fmt::format("the packages of {} {}", suite_, arch_), argv, folder);
}

void AptRoot::DownloadSource(const std::string& name, const fs::path& folder) const {
  RunDownload(fmt::format("the source of {}", name),
              {"env", "-C", folder.string(), "apt-get", "source", "-q", "--download-only", name},
              folder);
}

}  // namespace procmark::images
