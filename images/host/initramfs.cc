// SPDX-License-Identifier: MIT
#include "images/host/initramfs.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "harness/sys/complaint.h"
#include "harness/sys/proc_stat.h"
#include "harness/sys/sha256.h"
#include "images/host/cpio_writer.h"

namespace procmark::images {
namespace {

struct Device {
  const char* path;
  unsigned major;
  unsigned minor;
};
// What a program may need before devtmpfs is mounted (Documentation/admin-guide/devices.txt).
constexpr Device kDevices[] = {{"dev/console", 5, 1}, {"dev/null", 1, 3}};
constexpr const char* kDirectories[] = {"dev", "etc", "proc", "procmark", "run", "sys", "tmp"};

std::string ReadProgram(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    sys::ThrowUsage(fmt::format("{} is no file: build the programs first", path.string()));
  }
  sys::Result<std::string> bytes = sys::ReadSmallFile(path.string());
  if (!bytes) {
    sys::ThrowUsage(fmt::format("{} cannot be read: {}", path.string(), bytes.Failure().Text()));
  }
  return std::move(bytes).Value();
}

void CheckProgramName(const std::string& name) {
  const bool plain = !name.empty() && name != "." && name != ".." && name != "job.json" &&
                     name.find('/') == std::string::npos;
  if (!plain) {
    sys::ThrowUsage(fmt::format(
        "'{}' cannot name a program in a guest: use a plain file name other than job.json", name));
  }
}

// Names in the order of loading, whatever their number.
std::string ModulePath(const InitramfsContent& content, size_t index) {
  return fmt::format("procmark/modules/{:03}-{}.ko", index, content.modules[index].name);
}

// Adds the folders that `path` lies in, the outermost first, and notes them in `made`.
void AddFoldersOf(const std::filesystem::path& path, std::set<std::filesystem::path>& made,
                  CpioWriter& writer) {
  std::filesystem::path folder;
  for (const std::filesystem::path& part : path.parent_path()) {
    folder /= part;
    if (made.insert(folder).second) writer.AddDirectory(folder.string());
  }
}

}  // namespace

std::string PadJob(const std::string& job) {
  if (!nlohmann::json::accept(job)) {
    sys::ThrowUsage("the job is no JSON: see images/README.md for its form");
  }
  if (job.size() >= kJobBytes) {
    sys::ThrowUsage(
        fmt::format("the job takes {} bytes and a guest holds {}: split it into several boots",
                    job.size(), kJobBytes - 1));
  }
  std::string padded = job;
  padded.resize(kJobBytes, ' ');
  padded.back() = '\n';
  return padded;
}

std::string BuildInitramfs(const InitramfsContent& content) {
  const std::string job = PadJob(content.job);
  CpioWriter writer;
  for (const char* directory : kDirectories) writer.AddDirectory(directory);
  for (const Device& device : kDevices) {
    writer.AddCharacterDevice(device.path, device.major, device.minor);
  }
  writer.AddFile("init", 0755, ReadProgram(content.init));
  for (const auto& [name, path] : content.programs) {
    CheckProgramName(name);
    writer.AddFile("procmark/" + name, 0755, ReadProgram(path));
  }
  std::set<std::filesystem::path> made(std::begin(kDirectories), std::end(kDirectories));
  for (const auto& [path, file] : content.files) {
    AddFoldersOf(path, made, writer);
    writer.AddFile(path, 0755, ReadProgram(file));
  }
  if (!content.modules.empty()) writer.AddDirectory("procmark/modules");
  for (size_t i = 0; i < content.modules.size(); ++i) {
    writer.AddFile(ModulePath(content, i), 0644, content.modules[i].bytes);
  }
  writer.AddFile("procmark/job.json", 0644, job);
  return writer.Finish();
}

std::string ModulesSha256(const InitramfsContent& content) {
  if (content.modules.empty()) return "";
  sys::Sha256 digest;
  for (size_t i = 0; i < content.modules.size(); ++i) {
    sys::Sha256 bytes;
    bytes.Add(content.modules[i].bytes);
    digest.Add(bytes.Hex() + "  " + ModulePath(content, i) + "\n");
  }
  return digest.Hex();
}

std::string ProgramsSha256(const InitramfsContent& content) {
  sys::Sha256 digest;
  const auto add = [&digest](const std::string& name, const std::filesystem::path& path) {
    sys::Result<std::string> hash = sys::Sha256OfFile(path);
    if (!hash) {
      sys::ThrowUsage(fmt::format("{} cannot be read: {}", path.string(), hash.Failure().Text()));
    }
    digest.Add(hash.Value() + "  " + name + "\n");
  };
  add("init", content.init);
  for (const auto& [name, path] : content.programs) add("procmark/" + name, path);
  for (const auto& [name, path] : content.files) add(name, path);
  return digest.Hex();
}

}  // namespace procmark::images
