// SPDX-License-Identifier: MIT
// Everything a guest needs before it boots: its kernel, its initramfs, its QEMU command line.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/cell/images_tool.h"
#include "harness/cell/qemu_argv.h"
#include "harness/cell/spec.h"

namespace procmark::cell {

struct PreparedGuest {
  CellSpec spec;
  Kernel kernel;
  BootImage image;
  GuestFiles files;
  std::string qemu_version;
  std::string qemu_sha256;  // of its program
  bool sandbox = false;     // QEMU confines itself by seccomp (qemu(1) -sandbox)

  std::vector<std::string> Argv(Console console,
                                const std::optional<GuestMemory>& memory = std::nullopt) const;
};

// Acquires the kernel and packs the initramfs, with `job` in it, as `initramfs`. Throws what
// AcquireKernel and PackBootImage throw, and a usage Complaint when QEMU is not installed.
PreparedGuest PrepareGuest(const CellSpec& spec, const GuestJob& job,
                           const std::filesystem::path& initramfs);

}  // namespace procmark::cell
