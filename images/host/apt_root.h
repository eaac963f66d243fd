// SPDX-License-Identifier: MIT
// AptRoot: a private apt for a Debian suite (or several) and one architecture. It uses the mirror,
// the proxies and the archive keyring of the host's apt and never changes anything of the host's.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "harness/sys/complaint.h"
#include "images/host/cache.h"
#include "images/host/debian_package.h"

namespace procmark::images {

// The base URI of the Debian archive that the host's apt uses, out of the output of
//   apt-get indextargets --format '$(REPO_URI) $(LABEL)'
// (one line per index; the label of Debian's main archive is "Debian"). Throws Complaint (usage)
// when no line has it: the host is not Debian, or has never fetched its lists.
std::string DebianMirrorOf(const std::string& index_targets);

// The "Acquire::" lines of `apt-config dump` (proxies, timeouts, pipelining), without those that a
// private root sets itself (languages, compression).
std::string AcquireSettingsOf(const std::string& apt_config_dump);

// The mirror lacks a file that its lists name. Fresh lists may help.
class DownloadFailed : public sys::Complaint {
 public:
  explicit DownloadFailed(const std::string& sentence)
      : sys::Complaint(sys::ExitCode::kLost, sentence) {}
};

// There are no cached lists of a suite, and none can be fetched now.
class ListsUnavailable : public sys::Complaint {
 public:
  explicit ListsUnavailable(const std::string& sentence)
      : sys::Complaint(sys::ExitCode::kLost, sentence) {}
};

class AptRoot {
 public:
  // Opens the root in the cache and holds its lock. Creates it when it is new. Uses no network.
  // Several suites are joined by '+': "trixie+trixie-backports".
  // Throws Complaint (usage) when the host has no Debian mirror or no Debian archive keyring.
  static AptRoot Open(const Cache& cache, const std::string& suite, const std::string& arch);

  // Fetches the lists unless that was done less than 24 hours ago (always when `now`). False when
  // the mirror has no such suite (remembered as long as a list is). When the mirror cannot be
  // reached, older lists are used with a line on stderr; without any it throws
  // ListsUnavailable. Complaint (lost) when the disk is too full to try.
  bool Refresh(bool now = false);

  // The stanzas of apt-cache show for every package whose name matches the extended regular
  // expression; all versions.
  std::vector<DebianPackage> Packages(const std::string& name_pattern) const;

  // Downloads exactly these (checked against the signed lists) into `folder`. Throws
  // DownloadFailed, as do the two below.
  void Download(const std::vector<DebianPackage>& packages,
                const std::filesystem::path& folder) const;

  // Downloads the newest of these packages with all they depend on into `folder`.
  void DownloadWithDependencies(const std::vector<std::string>& names,
                                const std::filesystem::path& folder) const;

  // Downloads the files of a source package into `folder`.
  void DownloadSource(const std::string& name, const std::filesystem::path& folder) const;

  const std::string& Suite() const { return suite_; }
  const std::string& Arch() const { return arch_; }

 private:
  void RunDownload(const std::string& what, const std::vector<std::string>& argv,
                   const std::filesystem::path& folder) const;
  AptRoot(FileLock lock, std::filesystem::path folder, std::string suite, std::string arch)
      : lock_(std::move(lock)),
        folder_(std::move(folder)),
        suite_(std::move(suite)),
        arch_(std::move(arch)) {}
  void WriteConfiguration() const;
  std::map<std::string, std::string> AptEnvironment() const;

  FileLock lock_;
  std::filesystem::path folder_;
  std::string suite_;
  std::string arch_;
};

}  // namespace procmark::images
