// What kind of kernel image a file is, told by its magic numbers.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace procmark::images {

enum class KernelImageFormat {
  kBzImage,     // x86: "HdrS" at 0x202 (Documentation/arch/x86/boot.rst)
  kArm64Image,  // "ARM\x64" at 56 (Documentation/arch/arm64/booting.rst)
  kRiscvImage,  // "RSC\x05" at 56 (Documentation/arch/riscv/boot-image-header.rst)
  kArmZImage,   // 0x016f2818 at 0x24 (arch/arm/boot/compressed/head.S)
  kElf,         // vmlinux: ppc64el, s390x, or any architecture's own build
  kEfiZboot,    // "MZ" and "zimg" at 4 (include/linux/pe.h): a compressed EFI image
  kS390Image,   // arch/s390/boot/head.S: "S390EP" at 0x10008
  kGzip,        // a compressed Image: Debian's arm64 before 6.x
  kUnknown,
};

// `head` is the file's first 128 KiB (or all of it).
KernelImageFormat RecogniseKernelImage(std::string_view head);

const char* KernelImageFormatName(KernelImageFormat format);

// The release inside a bzImage ("6.1.0-47-cloud-amd64"), from its header's kernel_version field;
// "" when there is none.
std::string BzImageRelease(std::string_view head);

// The release that an installed image is called by ("vmlinuz-6.1.0-47-arm64"): what follows the
// first
// '-' of its name; "" when there is none.
std::string ReleaseInName(const std::filesystem::path& path);

// The first 128 KiB of a file. Throws Complaint (usage) when it is no readable file.
std::string ReadKernelHead(const std::filesystem::path& path);

// Throws Complaint (usage) with one sentence and the mend when `path` is no kernel image that QEMU
// can load for `arch` (a Debian architecture name).
KernelImageFormat RequireKernelImage(const std::filesystem::path& path, const std::string& arch);

}  // namespace procmark::images
