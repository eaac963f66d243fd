// SPDX-License-Identifier: MIT
// How a person names a kernel, and which of Debian's packages that is. Pure.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "images/host/debian_package.h"

namespace procmark::images {

// debian-SERIES[+FLAVOUR][=VERSION] or file:PATH.
//   SERIES   "6.1", "5.10"; "7.x": the newest of 7
//   FLAVOUR  "generic", "cloud", "rt", or Debian's own word ("arm64-16k"); none: cloud where there
//            is one, else generic
//   VERSION  an exact package version ("6.1.192-1"); none: the newest
struct KernelName {
  std::string text;  // as given
  std::optional<std::filesystem::path> file;
  std::string series;
  std::string flavour;
  std::string version;

  // Throws Complaint (usage).
  static KernelName Parse(const std::string& text);
};

// A linux-image package of one suite.
struct KernelCandidate {
  std::string suite;
  std::string release;  // "6.1.0-47-cloud-amd64": uname -r
  std::string flavour;  // "cloud-amd64"
  std::string series;   // "6.1"
  DebianPackage image;
};

// Where kernels may come from: `first` and all Debian suites after it in distro-info-data's table
// (lines of VERSION,CODENAME,SERIES,CREATED,RELEASED,…), each released one with its backports;
// those known when this was written where the table has no `first`.
std::vector<std::string> SuitesOf(const std::string& table, const std::string& first);

// All versioned linux-image packages among `packages`; unsigned twins, debug symbols, templates and
// meta packages are left out.
std::vector<KernelCandidate> KernelCandidatesOf(const std::vector<DebianPackage>& packages,
                                                const std::string& suite);

// The flavour that Debian calls plain on this architecture ("powerpc64le", "armmp").
std::string GenericFlavour(const std::string& arch);

// The candidate that `name` means; nothing when there is none.
std::optional<KernelCandidate> ChooseKernel(const KernelName& name, const std::string& arch,
                                            const std::vector<KernelCandidate>& candidates);

// The packages that hold its image, modules and configuration: linux-image-RELEASE, and from about
// Linux 6.19 linux-binary-, linux-modules- and linux-base-RELEASE, whichever exist.
std::vector<DebianPackage> PartsOf(const KernelCandidate& kernel,
                                   const std::vector<DebianPackage>& packages);

// One name for each series and flavour, the newest version of each: what can be asked for.
std::vector<KernelCandidate> NewestOfEach(const std::vector<KernelCandidate>& candidates);

// "debian-6.1", or "debian-6.1+generic" when `flavour` is not the default of its series.
std::string NameOf(const KernelCandidate& kernel, const std::string& arch,
                   const std::vector<KernelCandidate>& candidates);

}  // namespace procmark::images
