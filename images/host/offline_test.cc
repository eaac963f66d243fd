// SPDX-License-Identifier: MIT
// Kernels for a machine without a network: exported from one cache, found in another.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "harness/sys/complaint.h"
#include "images/host/export_kernels.h"
#include "images/host/kernel_answer.h"
#include "images/host/test_folder.h"

namespace procmark::images {
namespace {

namespace fs = std::filesystem;

class OfflineTest : public ::testing::Test {
 protected:
  OfflineTest() {
    // Asking a mirror fails at once.
    ::setenv("PROCMARK_DEBIAN_MIRROR", "nowhere", /*overwrite=*/1);
    const std::string key = KernelSlotKey("amd64", "6.1.0-9-cloud-amd64", "6.1.9-1");
    here_.Publish("kernel", key, [](const fs::path& folder) {
      fs::create_directories(folder / "boot");
      fs::create_directories(folder / "lib/modules/x");
      std::ofstream(folder / "boot/vmlinuz") << "a kernel";
      std::ofstream(folder / "boot/config") << "CONFIG_X=y\n";
      std::ofstream(folder / "lib/modules/x/m.ko") << "a module";
      return nlohmann::json{{"release", "6.1.0-9-cloud-amd64"},
                            {"package", "linux-image-6.1.0-9-cloud-amd64"},
                            {"version", "6.1.9-1"},
                            {"suite", "bookworm"},
                            {"image", "boot/vmlinuz"},
                            {"config", "boot/config"},
                            {"modules", "lib/modules/x"}};
    });
    KernelAnswer(here_, name_, "amd64").Note(key, /*whole=*/true);
  }
  ~OfflineTest() override { ::unsetenv("PROCMARK_DEBIAN_MIRROR"); }

  void MakeTheAnswerOld(const Cache& cache) const {
    const fs::path answer = cache.Root() / "answers" / "amd64-debian-6.1";
    const timespec epoch[2] = {{0, 0}, {0, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, answer.c_str(), epoch, 0), 0);
  }

  TestFolder folder_;
  Cache here_{folder_.Path() / "here", int64_t{1} << 40};
  Cache there_{folder_.Path() / "there", int64_t{1} << 40};
  KernelName name_ = KernelName::Parse("debian-6.1");
};

TEST_F(OfflineTest, AnExportedKernelIsFoundWithoutAMirrorHoweverOldItIs) {
  const Kernel exported = ExportKernels(here_, {name_}, "amd64", there_, /*modules=*/true).at(0);
  MakeTheAnswerOld(there_);
  const Kernel found = AcquireKernel(there_, name_, "amd64");
  EXPECT_EQ(found.sha256, exported.sha256);
  EXPECT_EQ(found.release, "6.1.0-9-cloud-amd64");
  EXPECT_TRUE(found.path.string().starts_with(there_.Root().string())) << found.path;
  EXPECT_TRUE(fs::exists(found.modules_dir / "m.ko"));
  EXPECT_TRUE(there_.Verify().empty());
}

TEST_F(OfflineTest, ModulesCanBeLeftOut) {
  ExportKernels(here_, {name_}, "amd64", there_, /*modules=*/false);
  const Kernel found = AcquireKernel(there_, name_, "amd64");
  EXPECT_TRUE(found.modules_dir.empty());
  EXPECT_TRUE(fs::exists(found.path));
  EXPECT_TRUE(fs::exists(found.config));
  EXPECT_FALSE(fs::exists(found.path.parent_path().parent_path() / "lib"));
  EXPECT_TRUE(there_.Verify().empty());
}

TEST_F(OfflineTest, AKernelThatWasNeverFetchedIsAComplaint) {
  EXPECT_THROW(AcquireKernel(there_, name_, "amd64"), sys::Complaint);
}

TEST_F(OfflineTest, AFileIsNotExported) {
  const KernelName file = KernelName::Parse("file:/boot/vmlinuz");
  EXPECT_THROW(ExportKernels(here_, {file}, "amd64", there_, true), sys::Complaint);
}

}  // namespace
}  // namespace procmark::images
