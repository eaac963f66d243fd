// SPDX-License-Identifier: MIT
// Boot images: writes an initramfs to a file and reports its hashes.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "images/host/initramfs.h"

namespace procmark::images {

struct BootImageRequest {
  std::string arch;
  std::filesystem::path job_file;
  std::filesystem::path out;
  std::filesystem::path modules_dir;  // where the modules are
  std::vector<std::string> modules;   // as ReadModules() takes them
  std::filesystem::path userland;     // a sysroot whose library, loader and shell to add, or ""
  // PATH -> FILE: further files of the guest, after the userland.
  std::map<std::string, std::filesystem::path> files;
  std::filesystem::path base;  // an uncompressed initramfs that comes first (package_root.h), or ""
  InitramfsContent content;    // without its job, its modules and its files
};

// "bench=build/bench/procmark-bench" -> NAME, PATH. Throws Complaint (usage).
std::pair<std::string, std::filesystem::path> ParseProgram(const std::string& argument);

// "etc/hosts=build/hosts" -> the file of that path in the guest; for a folder, all files below it
// by their paths. Throws Complaint (usage).
std::map<std::string, std::filesystem::path> ParseFiles(const std::string& argument);

// Writes the image beside `out` and renames it into place. Returns {path, sha256,
// programs_sha256, modules_sha256, handover: {stop, job, job_bytes}}. Throws Complaint: usage when
// init or a program is not a static executable of the architecture, when the job is not a job, or
// as ReadModules() and FindUserland() do; lost when the file cannot be written.
nlohmann::json WriteBootImage(BootImageRequest request);

}  // namespace procmark::images
