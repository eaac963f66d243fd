// SPDX-License-Identifier: MIT
#include "images/host/kernel_name.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "harness/sys/arch.h"
#include "harness/sys/complaint.h"
#include "harness/sys/text.h"

namespace procmark::images {
namespace {

constexpr std::string_view kImage = "linux-image-";
constexpr std::string_view kFilePrefix = "file:";

// "6.1" of "6.1.192-1" and of "6.1~rc3-1~exp1".
std::string SeriesOf(const std::string& version) {
  static const re2::RE2 kSeries(R"((?:[0-9]+:)?([0-9]+\.[0-9]+).*)");
  std::string series;
  return re2::RE2::FullMatch(version, kSeries, &series) ? series : "";
}

bool InSeries(const std::string& series, const std::string& wanted) {
  if (!wanted.ends_with(".x")) return series == wanted;
  return series.starts_with(wanted.substr(0, wanted.size() - 1));
}

// Debian's word for the flavour a person asked for.
std::string DebianFlavour(const std::string& flavour, const std::string& arch) {
  if (flavour == "generic") return GenericFlavour(arch);
  if (flavour == "cloud" || flavour == "rt") return flavour + "-" + GenericFlavour(arch);
  return flavour;
}

bool Older(const KernelCandidate& a, const KernelCandidate& b) {
  return CompareDebianVersions(a.image.version, b.image.version) < 0;
}

std::optional<KernelCandidate> Newest(const std::vector<KernelCandidate>& candidates,
                                      const KernelName& name, const std::string& flavour) {
  std::optional<KernelCandidate> newest;
  for (const KernelCandidate& candidate : candidates) {
    if (!InSeries(candidate.series, name.series) || candidate.flavour != flavour) continue;
    if (!name.version.empty() && candidate.image.version != name.version) continue;
    if (!newest || Older(*newest, candidate)) newest = candidate;
  }
  return newest;
}

}  // namespace

KernelName KernelName::Parse(const std::string& text) {
  KernelName name;
  name.text = text;
  if (text.starts_with(kFilePrefix)) {
    name.file = text.substr(kFilePrefix.size());
    if (name.file->empty()) sys::ThrowUsage("file: needs the path of a kernel image behind it");
    return name;
  }
  static const re2::RE2 kForm(
      R"(debian-([0-9]+\.(?:[0-9]+|x))(?:\+([a-z0-9][a-z0-9-]*))?(?:=([0-9][A-Za-z0-9.+~:-]*))?)");
  if (!re2::RE2::FullMatch(text, kForm, &name.series, &name.flavour, &name.version)) {
    sys::ThrowUsage(
        fmt::format("'{}' names no kernel: write debian-6.1, debian-7.x, debian-6.1+generic, "
                    "debian-6.1=6.1.192-1 or file:PATH",
                    text));
  }
  return name;
}

std::vector<KernelCandidate> KernelCandidatesOf(const std::vector<DebianPackage>& packages,
                                                const std::string& suite) {
  // 6.1.0-47-cloud-amd64, 6.16.3+deb13-cloud-amd64, 6.12.9-armmp-lpae, 6.1.0-0.deb11.21-amd64
  static const re2::RE2 kRelease(R"([0-9][0-9A-Za-z.+~]*(?:-[0-9][0-9A-Za-z.]*)?-([a-z].*))");
  std::vector<KernelCandidate> candidates;
  for (const DebianPackage& package : packages) {
    if (!package.name.starts_with(kImage)) continue;
    const std::string release = package.name.substr(kImage.size());
    std::string flavour;
    if (!re2::RE2::FullMatch(release, kRelease, &flavour)) continue;
    const bool twin = flavour.ends_with("-unsigned") || flavour.ends_with("-dbg") ||
                      flavour.ends_with("-template");
    const std::string series = SeriesOf(package.version);
    // A meta package ("linux-image-6.12-amd64") depends on a real image.
    const bool meta = package.depends.find(std::string(kImage) + series) != std::string::npos;
    if (twin || meta || series.empty()) continue;
    candidates.push_back({suite, release, flavour, series, package});
  }
  return candidates;
}

std::vector<std::string> SuitesOf(const std::string& table, const std::string& first) {
  std::vector<std::string> suites;
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    const std::vector<std::string> fields = sys::Split(line, ',');
    if (fields.size() < 4 || fields[2] == "experimental") continue;
    if (suites.empty() && fields[2] != first) continue;
    suites.push_back(fields[2]);
    if (fields.size() > 4 && !fields[4].empty()) suites.push_back(fields[2] + "-backports");
  }
  if (!suites.empty()) return suites;
  return {"bullseye", "bookworm", "trixie", "trixie-backports", "forky", "sid"};
}

std::string GenericFlavour(const std::string& arch) {
  return sys::RequireArch(arch).kernel_flavour;
}

std::optional<KernelCandidate> ChooseKernel(const KernelName& name, const std::string& arch,
                                            const std::vector<KernelCandidate>& candidates) {
  if (!name.flavour.empty()) return Newest(candidates, name, DebianFlavour(name.flavour, arch));
  std::optional<KernelCandidate> cloud = Newest(candidates, name, DebianFlavour("cloud", arch));
  return cloud ? cloud : Newest(candidates, name, GenericFlavour(arch));
}

std::vector<DebianPackage> PartsOf(const KernelCandidate& kernel,
                                   const std::vector<DebianPackage>& packages) {
  std::vector<DebianPackage> parts = {kernel.image};
  for (const char* part : {"linux-binary-", "linux-modules-", "linux-base-"}) {
    const auto found =
        std::find_if(packages.begin(), packages.end(), [&](const DebianPackage& package) {
          return package.name == part + kernel.release && package.version == kernel.image.version;
        });
    if (found != packages.end()) parts.push_back(*found);
  }
  return parts;
}

std::vector<KernelCandidate> NewestOfEach(const std::vector<KernelCandidate>& candidates) {
  std::map<std::pair<std::string, std::string>, KernelCandidate> newest;
  for (const KernelCandidate& candidate : candidates) {
    const auto [place, added] =
        newest.try_emplace({candidate.series, candidate.flavour}, candidate);
    if (!added && Older(place->second, candidate)) place->second = candidate;
  }
  std::vector<KernelCandidate> list;
  list.reserve(newest.size());
  for (const auto& [key, candidate] : newest) list.push_back(candidate);
  std::sort(list.begin(), list.end(), [](const KernelCandidate& a, const KernelCandidate& b) {
    const int order = CompareDebianVersions(a.series, b.series);
    return order != 0 ? order < 0 : a.flavour < b.flavour;
  });
  return list;
}

std::string NameOf(const KernelCandidate& kernel, const std::string& arch,
                   const std::vector<KernelCandidate>& candidates) {
  KernelName plain;
  plain.series = kernel.series;
  const std::optional<KernelCandidate> usual = ChooseKernel(plain, arch, candidates);
  const std::string name = "debian-" + kernel.series;
  if (usual && usual->flavour == kernel.flavour) return name;
  if (kernel.flavour == GenericFlavour(arch)) return name + "+generic";
  return name + "+" + kernel.flavour;
}

}  // namespace procmark::images
