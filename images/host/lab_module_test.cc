// SPDX-License-Identifier: MIT
// What builds a kernel's module, told from what Debian's header packages depend on.
#include "images/host/lab_module.h"

#include <gtest/gtest.h>

#include "harness/sys/complaint.h"
#include "images/host/test_folder.h"

namespace procmark::images {
namespace {

using Names = std::vector<std::string>;

TEST(ModuleBuildPackages, FollowsEachGenerationOfHeaders) {
  EXPECT_EQ(ModuleBuildPackages(
                "linux-headers-5.10.0-32-common (= 5.10.223-1), linux-kbuild-5.10 (>= 5.10.223-1), "
                "linux-compiler-gcc-10-x86",
                "amd64", "amd64"),
            (Names{"gcc-10", "linux-headers-5.10.0-32-common", "linux-kbuild-5.10"}));
  EXPECT_EQ(ModuleBuildPackages("linux-headers-6.1.0-50-common-rt (= 6.1.176-1), "
                                "linux-kbuild-6.1 (>= 6.1.176-1), linux-compiler-gcc-12-x86",
                                "amd64", "amd64"),
            (Names{"gcc-12", "linux-headers-6.1.0-50-common-rt", "linux-kbuild-6.1"}));
  EXPECT_EQ(ModuleBuildPackages("gcc-14-for-host, linux-base (>= 4.12~), "
                                "linux-base-7.3.4+deb13-cloud-amd64 (= 7.3.4-1~bpo13+1), "
                                "linux-headers-7.3.4+deb13-common (= 7.3.4-1~bpo13+1), "
                                "linux-kbuild-7.3.4+deb13",
                                "amd64", "amd64"),
            (Names{"gcc-14", "linux-headers-7.3.4+deb13-common", "linux-kbuild-7.3.4+deb13"}));
}

TEST(ModuleBuildPackages, LeavesTheKernelItselfOut) {
  EXPECT_EQ(
      ModuleBuildPackages("linux-base (>= 4.12~), "
                          "linux-headers-6.12.117+deb13-common (= 6.12.117-1), "
                          "linux-image-6.12.117+deb13-cloud-arm64 (= 6.12.117-1) | "
                          "linux-image-6.12.117+deb13-cloud-arm64-unsigned (= 6.12.117-1), "
                          "linux-kbuild-6.12.117+deb13, gcc-14",
                          "arm64", "arm64"),
      (Names{"gcc-14", "linux-headers-6.12.117+deb13-common", "linux-kbuild-6.12.117+deb13"}));
}

TEST(ModuleBuildPackages, ElsewhereTheCompilerIsACrossCompiler) {
  const std::string depends = "linux-headers-6.1.0-50-common, linux-kbuild-6.1, gcc-12";
  EXPECT_EQ(ModuleBuildPackages(depends, "arm64", "amd64").at(0), "gcc-12-aarch64-linux-gnu");
  EXPECT_EQ(ModuleBuildPackages(depends, "amd64", "arm64").at(0), "gcc-12-x86-64-linux-gnu");
}

TEST(ModuleBuildPackages, NoCompilerIsNothing) {
  EXPECT_EQ(ModuleBuildPackages("linux-kbuild-6.1", "amd64", "amd64"), Names{});
}

TEST(WholeSuites, BackportsStandOnTheirRelease) {
  EXPECT_EQ(WholeSuites("trixie"), "trixie");
  EXPECT_EQ(WholeSuites("trixie-backports"), "trixie+trixie-backports");
}

TEST(AcquireLabModule, AKernelOfTheUsersIsRefused) {
  const TestFolder folder;
  const Cache cache(folder.Path(), kDefaultCacheBytes);
  Kernel kernel;
  kernel.name = "file:/boot/vmlinuz";
  try {
    AcquireLabModule(cache, kernel, "amd64");
    ADD_FAILURE() << "no complaint";
  } catch (const sys::Complaint& complaint) {
    EXPECT_EQ(complaint.Code(), sys::ExitCode::kUsage);
    EXPECT_NE(std::string(complaint.what()).find("file:/boot/vmlinuz"), std::string::npos);
  }
}

}  // namespace
}  // namespace procmark::images
