// SPDX-License-Identifier: MIT
// The initramfs of a guest: a newc cpio archive whose bytes depend only on its content.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "images/host/kernel_modules.h"

namespace procmark::images {

// Every job takes this much, so that guests with different jobs have the same memory layout.
inline constexpr size_t kJobBytes = 64 * 1024;

struct InitramfsContent {
  std::filesystem::path init;                             // becomes /init
  std::map<std::string, std::filesystem::path> programs;  // NAME -> file; becomes /procmark/NAME
  std::map<std::string, std::filesystem::path> files;     // "lib/libc.so.6" -> file; becomes that
  // Become /procmark/modules/00-NAME.ko and so on; init loads them in this order.
  std::vector<KernelModule> modules;
  std::string job;  // becomes /procmark/job.json, padded
};

// `job` followed by white space up to kJobBytes, the last byte a newline (JSON allows it).
// Throws Complaint (usage) when the job is not JSON or is longer than kJobBytes - 1.
std::string PadJob(const std::string& job);

// The archive, uncompressed: directories, device nodes, /init, the programs by name, the other
// files by path, the modules, the job last. Owners are 0:0, times 0, inode numbers consecutive:
// equal content gives equal bytes. Format: the kernel's
// Documentation/driver-api/early-userspace/buffer-format.rst. Throws Complaint: usage for a program
// name that is not a plain file name or is "job.json", or a file that cannot be read; lost when
// libarchive fails.
std::string BuildInitramfs(const InitramfsContent& content);

// A digest of the modules, names and order included; "" when there are none.
std::string ModulesSha256(const InitramfsContent& content);

// A digest of the archive without the job and the modules: init, and each program and file with its
// path.
std::string ProgramsSha256(const InitramfsContent& content);

}  // namespace procmark::images
