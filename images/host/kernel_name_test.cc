// SPDX-License-Identifier: MIT
// Kernel names, resolved against lists as mirrors had them.
#include "images/host/kernel_name.h"

#include <gtest/gtest.h>

#include <string>

#include "harness/sys/complaint.h"

namespace procmark::images {
namespace {

DebianPackage Package(const std::string& name, const std::string& version,
                      const std::string& depends = "kmod") {
  return {name, version, "amd64", depends, ""};
}

const std::vector<DebianPackage>& Bookworm() {
  static const std::vector<DebianPackage> kPackages = {
      Package("linux-image-6.1.0-47-cloud-amd64", "6.1.170-3"),
      Package("linux-image-6.1.0-50-amd64", "6.1.176-1"),
      Package("linux-image-6.1.0-50-amd64-dbg", "6.1.176-1"),
      Package("linux-image-6.1.0-50-amd64-unsigned", "6.1.176-1"),
      Package("linux-image-6.1.0-50-cloud-amd64", "6.1.176-1"),
      Package("linux-image-6.1.0-50-rt-amd64", "6.1.176-1"),
      Package("linux-image-6.12-amd64", "6.12.117-1",
              "linux-image-6.12.117+deb12-amd64 (= 6.12.117-1)"),
      Package("linux-image-amd64-signed-template", "6.1.176-1"),
  };
  return kPackages;
}

const std::vector<DebianPackage>& Backports() {
  static const std::vector<DebianPackage> kPackages = {
      Package("linux-image-6.18.15+deb13-cloud-amd64", "6.18.15-1~bpo13+1"),
      Package("linux-image-7.2.9+deb13-cloud-amd64", "7.2.9-1~bpo13+1"),
      Package("linux-image-7.2.12+deb13-cloud-amd64", "7.2.12-1~bpo13+1",
              "linux-base-7.2.12+deb13-cloud-amd64 (= 7.2.12-1~bpo13+1), "
              "linux-binary-7.2.12+deb13-cloud-amd64 (= 7.2.12-1~bpo13+1)"),
      Package("linux-binary-7.2.12+deb13-cloud-amd64", "7.2.12-1~bpo13+1"),
      Package("linux-modules-7.2.12+deb13-cloud-amd64", "7.2.12-1~bpo13+1"),
      Package("linux-base-7.2.12+deb13-cloud-amd64", "7.2.12-1~bpo13+1"),
      Package("linux-modules-7.2.9+deb13-cloud-amd64", "7.2.9-1~bpo13+1"),
      Package("linux-image-7.3.4+deb13-amd64", "7.3.4-1~bpo13+1"),
  };
  return kPackages;
}

std::vector<KernelCandidate> All() {
  std::vector<KernelCandidate> all = KernelCandidatesOf(Bookworm(), "bookworm");
  const std::vector<KernelCandidate> more = KernelCandidatesOf(Backports(), "trixie-backports");
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::string Release(const std::string& name) {
  const std::optional<KernelCandidate> kernel =
      ChooseKernel(KernelName::Parse(name), "amd64", All());
  return kernel ? kernel->release : "none";
}

TEST(KernelName, ParsesEveryForm) {
  const KernelName plain = KernelName::Parse("debian-5.10");
  EXPECT_EQ(plain.series, "5.10");
  EXPECT_EQ(plain.flavour, "");
  EXPECT_EQ(plain.version, "");
  const KernelName full = KernelName::Parse("debian-6.1+arm64-16k=6.1.176-1+deb12u1");
  EXPECT_EQ(full.series, "6.1");
  EXPECT_EQ(full.flavour, "arm64-16k");
  EXPECT_EQ(full.version, "6.1.176-1+deb12u1");
  EXPECT_EQ(KernelName::Parse("debian-6.1=6.1.192-1").version, "6.1.192-1");
  EXPECT_EQ(KernelName::Parse("debian-7.x").series, "7.x");
  EXPECT_EQ(KernelName::Parse("file:a/bzImage").file, "a/bzImage");
}

TEST(KernelName, RefusesOthers) {
  for (const char* text : {"", "debian", "debian-6", "debian-6.1+", "debian-6.1=", "6.1", "file:",
                           "debian-6.1/../..", "debian-6.1 ", "ubuntu-6.1", "debian-x.6"}) {
    EXPECT_THROW(KernelName::Parse(text), sys::Complaint) << text;
  }
}

TEST(KernelCandidates, AreRealImagesOnly) {
  std::vector<std::string> releases;
  for (const KernelCandidate& candidate : KernelCandidatesOf(Bookworm(), "bookworm")) {
    EXPECT_EQ(candidate.series, "6.1");
    EXPECT_EQ(candidate.suite, "bookworm");
    releases.push_back(candidate.release);
  }
  EXPECT_EQ(releases, (std::vector<std::string>{"6.1.0-47-cloud-amd64", "6.1.0-50-amd64",
                                                "6.1.0-50-cloud-amd64", "6.1.0-50-rt-amd64"}));
}

TEST(KernelCandidates, KnowOtherArchitecturesFlavours) {
  const std::vector<KernelCandidate> candidates =
      KernelCandidatesOf({Package("linux-image-6.12.107+deb13-powerpc64le-64k", "6.12.107-1"),
                          Package("linux-image-6.12.107+deb13-armmp-lpae", "6.12.107-1"),
                          Package("linux-image-5.10.0-0.deb10.16-arm64", "5.10.127-2~bpo10+1")},
                         "trixie");
  ASSERT_EQ(candidates.size(), 3U);
  EXPECT_EQ(candidates[0].flavour, "powerpc64le-64k");
  EXPECT_EQ(candidates[1].flavour, "armmp-lpae");
  EXPECT_EQ(candidates[2].flavour, "arm64");
}

TEST(ChooseKernel, TakesTheNewestOfTheSeriesCloudFirst) {
  EXPECT_EQ(Release("debian-6.1"), "6.1.0-50-cloud-amd64");
  EXPECT_EQ(Release("debian-6.1+generic"), "6.1.0-50-amd64");
  EXPECT_EQ(Release("debian-6.1+rt"), "6.1.0-50-rt-amd64");
  EXPECT_EQ(Release("debian-6.1+rt-amd64"), "6.1.0-50-rt-amd64");
  EXPECT_EQ(Release("debian-6.1=6.1.170-3"), "6.1.0-47-cloud-amd64");
  EXPECT_EQ(Release("debian-7.2"), "7.2.12+deb13-cloud-amd64");
  EXPECT_EQ(Release("debian-7.x"), "7.2.12+deb13-cloud-amd64");
  EXPECT_EQ(Release("debian-7.3"), "7.3.4+deb13-amd64");
}

TEST(ChooseKernel, FindsNothingWhereThereIsNothing) {
  EXPECT_EQ(Release("debian-6.12"), "none");
  EXPECT_EQ(Release("debian-6.1=6.1.1-1"), "none");
  EXPECT_EQ(Release("debian-6.18+rt"), "none");
}

TEST(PartsOf, FollowsBothPackageLayouts) {
  const std::vector<KernelCandidate> all = All();
  const auto names = [](const std::vector<DebianPackage>& packages) {
    std::vector<std::string> list;
    for (const DebianPackage& package : packages) list.push_back(package.name);
    return list;
  };
  const auto old_kernel = ChooseKernel(KernelName::Parse("debian-6.1"), "amd64", all);
  EXPECT_EQ(names(PartsOf(*old_kernel, Bookworm())),
            std::vector<std::string>{"linux-image-6.1.0-50-cloud-amd64"});
  const auto new_kernel = ChooseKernel(KernelName::Parse("debian-7.2"), "amd64", all);
  EXPECT_EQ(names(PartsOf(*new_kernel, Backports())),
            (std::vector<std::string>{
                "linux-image-7.2.12+deb13-cloud-amd64", "linux-binary-7.2.12+deb13-cloud-amd64",
                "linux-modules-7.2.12+deb13-cloud-amd64", "linux-base-7.2.12+deb13-cloud-amd64"}));
}

TEST(NameOf, LeadsBackToTheSameKernel) {
  const std::vector<KernelCandidate> all = All();
  const std::vector<KernelCandidate> newest = NewestOfEach(all);
  ASSERT_EQ(newest.size(), 6U);
  for (const KernelCandidate& kernel : newest) {
    const std::string name = NameOf(kernel, "amd64", all);
    EXPECT_EQ(Release(name), kernel.release) << name;
  }
  EXPECT_EQ(newest.front().series, "6.1");
  EXPECT_EQ(newest.back().series, "7.3");
}

TEST(SuitesOf, AreThoseOfTheTableFromTheFirstOn) {
  const std::string table =
      "version,codename,series,created,release,eol\n"
      "10,Buster,buster,2017-06-17,2019-07-06,2022-09-10\n"
      "12,Bookworm,bookworm,2021-08-14,2023-06-10,2026-06-10\n"
      "14,Forky,forky,2025-08-09\n"
      ",Sid,sid,1993-08-16\n"
      ",Experimental,experimental,1993-08-16\n";
  EXPECT_EQ(SuitesOf(table, "bookworm"),
            (std::vector<std::string>{"bookworm", "bookworm-backports", "forky", "sid"}));
  EXPECT_GE(SuitesOf("", "bookworm").size(), 5U);
  EXPECT_GE(SuitesOf(table, "bullseye").size(), 5U);
}

}  // namespace
}  // namespace procmark::images
