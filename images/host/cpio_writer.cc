// SPDX-License-Identifier: MIT
#include "images/host/cpio_writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "harness/sys/complaint.h"

namespace procmark::images {
namespace {

la_ssize_t Append(archive*, void* sink, const void* bytes, size_t size) {
  static_cast<std::string*>(sink)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

}  // namespace

struct CpioWriter::Entry {
  std::string path;
  unsigned type;
  unsigned permissions;
  std::string_view content = {};
  dev_t device = 0;
  std::string target = {};
};

CpioWriter::CpioWriter() : archive_(archive_write_new(), &archive_write_free) {
  Check(archive_write_set_format_cpio_newc(archive_.get()));
  Check(archive_write_add_filter_none(archive_.get()));
  Check(archive_write_set_bytes_per_block(archive_.get(), 0));
  Check(archive_write_open(archive_.get(), &bytes_, nullptr, &Append, nullptr));
}

void CpioWriter::AddDirectory(const std::string& path) { Add({path, AE_IFDIR, 0755}); }

void CpioWriter::AddCharacterDevice(const std::string& path, unsigned major, unsigned minor) {
  Add({.path = path, .type = AE_IFCHR, .permissions = 0600, .device = makedev(major, minor)});
}

void CpioWriter::AddFile(const std::string& path, unsigned permissions, std::string_view content) {
  Add({path, AE_IFREG, permissions, content});
}

void CpioWriter::AddLink(const std::string& path, const std::string& target) {
  Add({.path = path, .type = AE_IFLNK, .permissions = 0777, .target = target});
}

std::string CpioWriter::Finish() {
  Check(archive_write_close(archive_.get()));
  return std::move(bytes_);
}

void CpioWriter::Check(int code) {
  if (code == ARCHIVE_OK) return;
  const char* reason = archive_error_string(archive_.get());
  sys::ThrowLost(fmt::format("libarchive cannot write an initramfs: {}",
                             reason != nullptr ? reason : "no reason given"));
}

void CpioWriter::Add(const Entry& entry) {
  const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> header(archive_entry_new(),
                                                                             &archive_entry_free);
  archive_entry_set_pathname(header.get(), entry.path.c_str());
  archive_entry_set_filetype(header.get(), entry.type);
  archive_entry_set_perm(header.get(), entry.permissions);
  archive_entry_set_uid(header.get(), 0);
  archive_entry_set_gid(header.get(), 0);
  archive_entry_set_mtime(header.get(), 0, 0);
  archive_entry_set_ino64(header.get(), ++inode_);
  archive_entry_set_nlink(header.get(), entry.type == AE_IFDIR ? 2 : 1);
  archive_entry_set_size(header.get(), static_cast<la_int64_t>(entry.content.size()));
  if (entry.type == AE_IFCHR) archive_entry_set_rdev(header.get(), entry.device);
  if (entry.type == AE_IFLNK) archive_entry_set_symlink(header.get(), entry.target.c_str());
  Check(archive_write_header(archive_.get(), header.get()));
  if (entry.content.empty()) return;
  const la_ssize_t written =
      archive_write_data(archive_.get(), entry.content.data(), entry.content.size());
  if (written != static_cast<la_ssize_t>(entry.content.size())) Check(ARCHIVE_FATAL);
}

}  // namespace procmark::images
