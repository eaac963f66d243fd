// SPDX-License-Identifier: MIT
// Arch: what procmark knows about an architecture of Debian. This table is the only list of
// architectures: the harness, the images and the static programs read it, and CMake does too
// (cmake/architectures.cmake). docs/adding-an-architecture.md says what a new row needs.
#pragma once

#include <elf.h>

#include <array>
#include <string>
#include <string_view>

namespace procmark::sys {

// The formats of kernel images, as images/host/kernel_image.h recognises them.
enum class KernelFormat {
  kNone,
  kBzImage,     // x86: "HdrS" at 0x202 (Documentation/arch/x86/boot.rst)
  kArm64Image,  // "ARM\x64" at 56 (Documentation/arch/arm64/booting.rst)
  kRiscvImage,  // "RSC\x05" at 56 (Documentation/arch/riscv/boot-image-header.rst)
  kArmZImage,   // 0x016f2818 at 0x24 (arch/arm/boot/compressed/head.S)
  kElf,         // vmlinux
  kEfiZboot,    // "MZ", and "zimg" at 4 (include/linux/pe.h): a compressed EFI image
  kS390Image,   // "S390EP" at 0x10008 (arch/s390/boot/head.S)
  kGzip,        // a compressed Image: Debian's arm64 before 6.x
};

struct Arch {
  const char* name;     // Debian's: "amd64"
  const char* triplet;  // of its compiler and of its folders of libraries: "x86_64-linux-gnu"
  const char* machine;  // uname -m
  unsigned elf_machine;
  const char* loader;  // the interpreter that its psABI gives to dynamic programs
  // The flag that its compiler needs beside the common ones so that a measured program has no code
  // that the source does not show; "" for none. armhf in ARM state keeps r7 free for the number of
  // the system call.
  const char* measured_flag;
  const char* kernel_flavour;  // the last word of Debian's plain package linux-image-*-FLAVOUR
  std::array<KernelFormat, 3> kernel_formats;  // the ones that QEMU's -kernel loads
  const char* qemu;                            // the program that emulates its machines
  const char* qemu_package;                    // the Debian package with that program

  constexpr bool Loads(KernelFormat format) const {
    for (const KernelFormat loaded : kernel_formats) {
      if (loaded == format && format != KernelFormat::kNone) return true;
    }
    return false;
  }
};

// cmake/architectures.cmake reads the text of these rows: each field on the line of its name.
inline constexpr auto kArchs = std::to_array<Arch>({
    {.name = "amd64",
     .triplet = "x86_64-linux-gnu",
     .machine = "x86_64",
     .elf_machine = EM_X86_64,
     .loader = "/lib64/ld-linux-x86-64.so.2",
     .measured_flag = "-mno-red-zone",
     .kernel_flavour = "amd64",
     .kernel_formats = {KernelFormat::kBzImage, KernelFormat::kElf},
     .qemu = "qemu-system-x86_64",
     .qemu_package = "qemu-system-x86"},
    {.name = "arm64",
     .triplet = "aarch64-linux-gnu",
     .machine = "aarch64",
     .elf_machine = EM_AARCH64,
     .loader = "/lib/ld-linux-aarch64.so.1",
     .measured_flag = "-mno-outline-atomics",
     .kernel_flavour = "arm64",
     .kernel_formats = {KernelFormat::kArm64Image, KernelFormat::kEfiZboot, KernelFormat::kGzip},
     .qemu = "qemu-system-aarch64",
     .qemu_package = "qemu-system-arm"},
    {.name = "riscv64",
     .triplet = "riscv64-linux-gnu",
     .machine = "riscv64",
     .elf_machine = EM_RISCV,
     .loader = "/lib/ld-linux-riscv64-lp64d.so.1",
     .measured_flag = "",
     .kernel_flavour = "riscv64",
     .kernel_formats = {KernelFormat::kRiscvImage, KernelFormat::kElf, KernelFormat::kGzip},
     .qemu = "qemu-system-riscv64",
     .qemu_package = "qemu-system-misc"},
    {.name = "ppc64el",
     .triplet = "powerpc64le-linux-gnu",
     .machine = "ppc64le",
     .elf_machine = EM_PPC64,
     .loader = "/lib64/ld64.so.2",
     .measured_flag = "",
     .kernel_flavour = "powerpc64le",
     .kernel_formats = {KernelFormat::kElf},
     .qemu = "qemu-system-ppc64",
     .qemu_package = "qemu-system-ppc"},
    {.name = "s390x",
     .triplet = "s390x-linux-gnu",
     .machine = "s390x",
     .elf_machine = EM_S390,
     .loader = "/lib/ld64.so.1",
     .measured_flag = "",
     .kernel_flavour = "s390x",
     .kernel_formats = {KernelFormat::kS390Image, KernelFormat::kElf},
     .qemu = "qemu-system-s390x",
     .qemu_package = "qemu-system-misc"},
    {.name = "armhf",
     .triplet = "arm-linux-gnueabihf",
     .machine = "armv7l",
     .elf_machine = EM_ARM,
     .loader = "/lib/ld-linux-armhf.so.3",
     .measured_flag = "-marm",
     .kernel_flavour = "armmp",
     .kernel_formats = {KernelFormat::kArmZImage},
     .qemu = "qemu-system-arm",
     .qemu_package = "qemu-system-arm"},
});

// The row of that name; nullptr when there is none.
constexpr const Arch* FindArch(std::string_view name) {
  for (const Arch& arch : kArchs) {
    if (name == arch.name) return &arch;
  }
  return nullptr;
}

// Throws a usage Complaint, which lists the names, when there is none.
const Arch& RequireArch(std::string_view name);

// "amd64, arm64, …".
std::string ArchNames();

// The architecture that this code is compiled for. Each of these macros is one of the compiler's
// for one row; lint/architecture_test.cc reads them here.
inline constexpr const Arch& kCompiledArch = *FindArch(
#if defined(__x86_64__)
    "amd64"
#elif defined(__aarch64__)
    "arm64"
#elif defined(__riscv)
    "riscv64"
#elif defined(__powerpc64__)
    "ppc64el"
#elif defined(__s390x__)
    "s390x"
#elif defined(__arm__)
    "armhf"
#else
#error "add the architecture that this compiler makes code for to kArchs and here"
#endif
);

}  // namespace procmark::sys
