// SPDX-License-Identifier: MIT
#include "images/host/kernel_image.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

#include "harness/sys/complaint.h"
#include "harness/sys/fd.h"

namespace procmark::images {
namespace {

constexpr size_t kHeadBytes = 128 * 1024;

bool HasAt(std::string_view bytes, size_t offset, std::string_view magic) {
  return bytes.size() >= offset + magic.size() && bytes.substr(offset, magic.size()) == magic;
}

bool LooksLikeText(std::string_view head) {
  return !head.empty() && std::all_of(head.begin(), head.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 || c == '\n' || c == '\r' || c == '\t' || c == '\f';
  });
}

// e_machine of an ELF header (elf(5)); both byte orders are read.
unsigned ElfMachine(std::string_view head) {
  if (head.size() < 20) return 0;
  const bool big_endian = head[5] == 2;
  const auto low = static_cast<unsigned char>(head[big_endian ? 19 : 18]);
  const auto high = static_cast<unsigned char>(head[big_endian ? 18 : 19]);
  return low + 256U * high;
}

}  // namespace

sys::KernelFormat RecogniseKernelImage(std::string_view head) {
  using enum sys::KernelFormat;
  // The EFI stub makes several formats begin with "MZ": the specific magic decides.
  if (HasAt(head, 0x202, "HdrS")) return kBzImage;
  if (HasAt(head, 0, "MZ") && HasAt(head, 4, "zimg")) return kEfiZboot;
  if (HasAt(head, 56, "ARM\x64")) return kArm64Image;
  if (HasAt(head, 56, "RSC\x05")) return kRiscvImage;
  if (HasAt(head, 0x24, "\x18\x28\x6f\x01")) return kArmZImage;
  if (HasAt(head, 0x10008, "S390EP")) return kS390Image;
  if (HasAt(head, 0,
            "\x7f"
            "ELF"))
    return kElf;
  if (HasAt(head, 0, "\x1f\x8b")) return kGzip;
  return kNone;
}

const char* KernelImageFormatName(sys::KernelFormat format) {
  switch (format) {
    case sys::KernelFormat::kBzImage:
      return "bzImage";
    case sys::KernelFormat::kArm64Image:
      return "arm64 Image";
    case sys::KernelFormat::kRiscvImage:
      return "riscv Image";
    case sys::KernelFormat::kArmZImage:
      return "arm zImage";
    case sys::KernelFormat::kElf:
      return "vmlinux (ELF)";
    case sys::KernelFormat::kEfiZboot:
      return "EFI zboot image";
    case sys::KernelFormat::kS390Image:
      return "s390 image";
    case sys::KernelFormat::kGzip:
      return "gzip";
    case sys::KernelFormat::kNone:
      break;
  }
  return "unknown";
}

std::string BzImageRelease(std::string_view head) {
  // Documentation/arch/x86/boot.rst: kernel_version at 0x20e, little-endian, relative to 0x200.
  if (!HasAt(head, 0x202, "HdrS") || head.size() < 0x210) return "";
  const size_t offset = static_cast<unsigned char>(head[0x20e]) +
                        256U * static_cast<unsigned char>(head[0x20f]) + size_t{0x200};
  if (offset == 0x200 || offset >= head.size()) return "";
  const std::string_view text = head.substr(offset);
  return std::string(text.substr(0, text.find_first_of(std::string_view(" \0", 2))));
}

std::string ReleaseInName(const std::filesystem::path& path) {
  const std::string file = path.filename();
  const size_t dash = file.find('-');
  return dash == std::string::npos ? "" : file.substr(dash + 1);
}

std::string ReadKernelHead(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    sys::ThrowUsage(fmt::format("{} is no file: give the path of a kernel image", path.string()));
  }
  const sys::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.Valid()) {
    sys::ThrowUsage(
        fmt::format("{} cannot be read: {}", path.string(), sys::LastError("open").Text()));
  }
  std::string head(kHeadBytes, '\0');
  size_t filled = 0;
  while (filled < head.size()) {
    const ssize_t got = ::read(file.Get(), head.data() + filled, head.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      sys::ThrowLost(
          fmt::format("{} cannot be read: {}", path.string(), sys::LastError("read").Text()));
    }
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  head.resize(filled);
  return head;
}

sys::KernelFormat RequireKernelImage(const std::filesystem::path& path, const std::string& arch) {
  const sys::Arch& target = sys::RequireArch(arch);
  const std::string head = ReadKernelHead(path);
  const sys::KernelFormat format = RecogniseKernelImage(head);
  constexpr const char* kMend =
      "give the bzImage, Image or vmlinux that the kernel's build made (arch/ARCH/boot/)";
  if (format == sys::KernelFormat::kNone) {
    const char* what = head.empty() ? "empty" : LooksLikeText(head) ? "a text file" : "no kernel";
    sys::ThrowUsage(fmt::format("{} is {}: {}", path.string(), what, kMend));
  }
  const bool wrong_elf =
      format == sys::KernelFormat::kElf && ElfMachine(head) != target.elf_machine;
  if (wrong_elf || !target.Loads(format)) {
    sys::ThrowUsage(fmt::format("{} is a {} that does not boot on {}: {}", path.string(),
                                KernelImageFormatName(format), arch, kMend));
  }
  return format;
}

}  // namespace procmark::images
