// SPDX-License-Identifier: MIT
// Kernel images are told by their magic numbers.
#include "images/host/kernel_image.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "harness/sys/complaint.h"
#include "images/host/kernel.h"
#include "images/host/test_folder.h"

namespace procmark::images {
namespace {

std::string With(size_t size, size_t offset, const std::string& magic) {
  std::string bytes(size, '\0');
  bytes.replace(offset, magic.size(), magic);
  return bytes;
}

std::string BzImage() {
  std::string bytes = With(0x4000, 0x202, "HdrS");
  bytes[0] = 'M';  // the EFI stub's magic does not decide
  bytes[1] = 'Z';
  bytes[0x20e] = 0x10;  // kernel_version: 0x3010 - 0x200
  bytes[0x20f] = 0x2e;
  const std::string version = "6.1.0-50-cloud-amd64 (debian) #1 SMP";
  bytes.replace(0x3010, version.size(), version);
  return bytes;
}

std::string Elf(unsigned char machine, bool big_endian) {
  std::string bytes = With(64, 0,
                           "\x7f"
                           "ELF");
  bytes[5] = static_cast<char>(big_endian ? 2 : 1);
  bytes[big_endian ? 19 : 18] = static_cast<char>(machine);
  return bytes;
}

std::string SentenceOf(const std::filesystem::path& path, const std::string& arch) {
  try {
    RequireKernelImage(path, arch);
  } catch (const sys::Complaint& complaint) {
    EXPECT_EQ(complaint.Code(), sys::ExitCode::kUsage);
    return complaint.what();
  }
  return "";
}

TEST(AcquireKernel, AFilesConfigLiesBesideItOrInItsTree) {
  const TestFolder folder;
  const std::filesystem::path tree = folder.Path() / "linux";
  std::filesystem::create_directories(tree / "arch/x86/boot");
  std::filesystem::create_directories(folder.Path() / "boot");
  std::ofstream(tree / "arch/x86/boot/bzImage", std::ios::binary) << BzImage();
  std::ofstream(folder.Path() / "boot/vmlinuz", std::ios::binary) << BzImage();
  const Cache cache(folder.Path() / "cache", 1 << 20);
  const auto config_of = [&](const std::filesystem::path& image) {
    return AcquireKernel(cache, KernelName::Parse("file:" + image.string()), "amd64").config;
  };
  EXPECT_EQ(config_of(folder.Path() / "boot/vmlinuz"), "");
  std::ofstream(tree / ".config") << "CONFIG_A=y\n";
  EXPECT_EQ(config_of(tree / "arch/x86/boot/bzImage"), tree / ".config");
  const std::filesystem::path named = folder.Path() / "boot/config-6.1.0-50-cloud-amd64";
  std::ofstream(named) << "CONFIG_A=y\n";
  // An image that does not tell its release may be named by it.
  const std::filesystem::path elf = folder.Path() / "boot/vmlinux-6.2";
  std::ofstream(elf, std::ios::binary) << Elf(62, false);
  std::ofstream(folder.Path() / "boot/config-6.2") << "CONFIG_A=y\n";
  EXPECT_EQ(config_of(elf), folder.Path() / "boot/config-6.2");
  EXPECT_EQ(config_of(folder.Path() / "boot/vmlinuz"), named);
}

TEST(AcquireKernel, AVersionThatIsNamedComesFromTheCache) {
  const TestFolder folder;
  const Cache cache(folder.Path(), 1 << 30);
  cache.Publish("kernel", "amd64-6.1.0-50-cloud-amd64-6.1.100-1",
                [](const std::filesystem::path& slot) -> nlohmann::json {
                  std::ofstream(slot / "vmlinuz", std::ios::binary) << BzImage();
                  return {{"release", "6.1.0-50-cloud-amd64"},
                          {"package", "linux-image-6.1.0-50-cloud-amd64"},
                          {"version", "6.1.100-1"},
                          {"suite", "bookworm"},
                          {"image", "vmlinuz"},
                          {"config", ""},
                          {"modules", ""}};
                });
  for (const char* name : {"debian-6.1=6.1.100-1", "debian-6.x+cloud=6.1.100-1"}) {
    const Kernel kernel = AcquireKernel(cache, KernelName::Parse(name), "amd64");
    EXPECT_EQ(kernel.release, "6.1.0-50-cloud-amd64") << name;
    EXPECT_FALSE(kernel.use_lock.empty());
  }
}

TEST(RecogniseKernelImage, KnowsEachFormat) {
  EXPECT_EQ(RecogniseKernelImage(BzImage()), sys::KernelFormat::kBzImage);
  EXPECT_EQ(RecogniseKernelImage(With(128, 56, "ARM\x64")), sys::KernelFormat::kArm64Image);
  EXPECT_EQ(RecogniseKernelImage(With(128, 56, "RSC\x05")), sys::KernelFormat::kRiscvImage);
  EXPECT_EQ(RecogniseKernelImage(With(128, 0x24, "\x18\x28\x6f\x01")),
            sys::KernelFormat::kArmZImage);
  EXPECT_EQ(RecogniseKernelImage(With(0x10100, 0x10008, "S390EP")), sys::KernelFormat::kS390Image);
  EXPECT_EQ(RecogniseKernelImage(With(128, 0, std::string("MZ\0\0zimg", 8))),
            sys::KernelFormat::kEfiZboot);
  EXPECT_EQ(RecogniseKernelImage(With(128, 0, "\x1f\x8b\x08")), sys::KernelFormat::kGzip);
  EXPECT_EQ(RecogniseKernelImage(Elf(62, false)), sys::KernelFormat::kElf);
}

TEST(RecogniseKernelImage, IsNotFooledByShortOrOtherBytes) {
  EXPECT_EQ(RecogniseKernelImage(""), sys::KernelFormat::kNone);
  EXPECT_EQ(RecogniseKernelImage("MZ"), sys::KernelFormat::kNone);
  EXPECT_EQ(RecogniseKernelImage(std::string(0x204, 'H')), sys::KernelFormat::kNone);
  EXPECT_EQ(RecogniseKernelImage("HdrS HdrS HdrS"), sys::KernelFormat::kNone);
}

TEST(BzImageRelease, ReadsTheHeader) {
  EXPECT_EQ(BzImageRelease(BzImage()), "6.1.0-50-cloud-amd64");
  EXPECT_EQ(BzImageRelease(With(0x4000, 0x202, "HdrS")), "");
  std::string beyond = BzImage();
  beyond[0x20f] = static_cast<char>(0xff);
  EXPECT_EQ(BzImageRelease(beyond), "");
  EXPECT_EQ(BzImageRelease(Elf(62, false)), "");
}

TEST(RequireKernelImage, TakesWhatBootsThere) {
  const TestFolder folder;
  EXPECT_EQ(SentenceOf(folder.Write("bzImage", BzImage()), "amd64"), "");
  EXPECT_EQ(SentenceOf(folder.Write("vmlinux", Elf(21, false)), "ppc64el"), "");
  EXPECT_EQ(SentenceOf(folder.Write("vmlinux", Elf(22, true)), "s390x"), "");
}

TEST(RequireKernelImage, RefusesOthersWithOneSentence) {
  const TestFolder folder;
  EXPECT_NE(SentenceOf(folder.Write("notes", "make bzImage\n"), "amd64").find("is a text file"),
            std::string::npos);
  EXPECT_NE(SentenceOf(folder.Write("empty", ""), "amd64").find("is empty"), std::string::npos);
  EXPECT_NE(SentenceOf(folder.Write("bzImage", BzImage()), "arm64").find("does not boot on arm64"),
            std::string::npos);
  EXPECT_NE(SentenceOf(folder.Write("vmlinux", Elf(22, true)), "ppc64el").find("does not boot"),
            std::string::npos);
  EXPECT_NE(SentenceOf(folder.Path() / "absent", "amd64").find("is no file"), std::string::npos);
  EXPECT_NE(SentenceOf(folder.Path(), "amd64").find("is no file"), std::string::npos);
  EXPECT_NE(SentenceOf(folder.Write("bzImage", BzImage()), "mips").find("unknown architecture"),
            std::string::npos);
}

}  // namespace
}  // namespace procmark::images
