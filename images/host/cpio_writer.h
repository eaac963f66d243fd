// SPDX-License-Identifier: MIT
// CpioWriter: an uncompressed newc archive whose bytes depend only on what is added to it. Owners
// are 0:0, times 0, inode numbers consecutive. Format: the kernel's
// Documentation/driver-api/early-userspace/buffer-format.rst.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct archive;

namespace procmark::images {

// Paths are relative: "lib/libc.so.6". Add a folder before its content. Every call
// throws Complaint (lost) when libarchive fails.
class CpioWriter {
 public:
  CpioWriter();

  void AddDirectory(const std::string& path);
  void AddCharacterDevice(const std::string& path, unsigned major, unsigned minor);
  void AddFile(const std::string& path, unsigned permissions, std::string_view content);
  void AddLink(const std::string& path, const std::string& target);

  // The whole archive. Call it once, after everything else. Archives can be concatenated.
  std::string Finish();

 private:
  struct Entry;
  void Check(int code);
  void Add(const Entry& entry);

  std::string bytes_;
  std::unique_ptr<archive, int (*)(archive*)> archive_;
  int64_t inode_ = 0;
};

}  // namespace procmark::images
