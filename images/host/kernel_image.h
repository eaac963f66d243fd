// SPDX-License-Identifier: MIT
// What kind of kernel image a file is, told by its magic numbers.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "harness/sys/arch.h"

namespace procmark::images {

// `head` is the file's first 128 KiB (or all of it).
sys::KernelFormat RecogniseKernelImage(std::string_view head);

const char* KernelImageFormatName(sys::KernelFormat format);

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
sys::KernelFormat RequireKernelImage(const std::filesystem::path& path, const std::string& arch);

}  // namespace procmark::images
