#include "images/host/initramfs.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <span>

#include "harness/sys/complaint.h"
#include "harness/sys/proc_stat.h"
#include "harness/sys/sha256.h"

namespace procmark::images {
namespace {

struct Device {
  const char* path;
  int major;
  int minor;
};
// What a program may need before devtmpfs is mounted (Documentation/admin-guide/devices.txt).
constexpr Device kDevices[] = {{"dev/console", 5, 1}, {"dev/null", 1, 3}};
constexpr const char* kDirectories[] = {"dev", "etc", "proc", "procmark", "run", "sys", "tmp"};

la_ssize_t Append(archive*, void* sink, const void* bytes, size_t size) {
  static_cast<std::string*>(sink)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

// A newc archive that grows in memory.
class Writer {
 public:
  Writer() : archive_(archive_write_new(), &archive_write_free) {
    Check(archive_write_set_format_cpio_newc(archive_.get()));
    Check(archive_write_add_filter_none(archive_.get()));
    Check(archive_write_set_bytes_per_block(archive_.get(), 0));
    Check(archive_write_open(archive_.get(), &bytes_, nullptr, &Append, nullptr));
  }

  void AddDirectory(const std::string& path) { Add(path, AE_IFDIR, 0755, {}, 0); }
  void AddDevice(const Device& device) {
    Add(device.path, AE_IFCHR, 0600, {},
        makedev(static_cast<unsigned>(device.major), static_cast<unsigned>(device.minor)));
  }
  void AddFile(const std::string& path, unsigned permissions, std::string_view content) {
    Add(path, AE_IFREG, permissions, content, 0);
  }

  std::string Finish() {
    Check(archive_write_close(archive_.get()));
    return std::move(bytes_);
  }

 private:
  void Check(int code) {
    if (code == ARCHIVE_OK) return;
    const char* reason = archive_error_string(archive_.get());
    sys::ThrowLost(fmt::format("libarchive cannot write an initramfs: {}",
                               reason != nullptr ? reason : "no reason given"));
  }

  void Add(const std::string& path, unsigned type, unsigned permissions, std::string_view content,
           dev_t device) {
    const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(),
                                                                              &archive_entry_free);
    archive_entry_set_pathname(entry.get(), path.c_str());
    archive_entry_set_filetype(entry.get(), type);
    archive_entry_set_perm(entry.get(), permissions);
    archive_entry_set_uid(entry.get(), 0);
    archive_entry_set_gid(entry.get(), 0);
    archive_entry_set_mtime(entry.get(), 0, 0);
    archive_entry_set_ino64(entry.get(), ++inode_);
    archive_entry_set_nlink(entry.get(), type == AE_IFDIR ? 2 : 1);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
    if (type == AE_IFCHR) archive_entry_set_rdev(entry.get(), device);
    Check(archive_write_header(archive_.get(), entry.get()));
    if (content.empty()) return;
    const la_ssize_t written = archive_write_data(archive_.get(), content.data(), content.size());
    if (written != static_cast<la_ssize_t>(content.size())) Check(ARCHIVE_FATAL);
  }

  std::string bytes_;
  std::unique_ptr<archive, decltype(&archive_write_free)> archive_;
  int64_t inode_ = 0;
};

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
  Writer writer;
  for (const char* directory : kDirectories) writer.AddDirectory(directory);
  for (const Device& device : kDevices) writer.AddDevice(device);
  writer.AddFile("init", 0755, ReadProgram(content.init));
  for (const auto& [name, path] : content.programs) {
    CheckProgramName(name);
    writer.AddFile("procmark/" + name, 0755, ReadProgram(path));
  }
  std::set<std::filesystem::path> made(std::begin(kDirectories), std::end(kDirectories));
  for (const auto& [path, file] : content.files) {
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    if (made.insert(folder).second) writer.AddDirectory(folder.string());
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
