// SPDX-License-Identifier: MIT
// A folder as an initramfs: which files get into the archive, and that equal folders give equal
// bytes.
#include "images/host/package_root.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <memory>
#include <string>

#include "harness/sys/complaint.h"
#include "images/host/test_folder.h"

namespace procmark::images {
namespace {

namespace fs = std::filesystem;

// One line each entry: its mode, its path and its content or target.
std::string Listing(const std::string& image) {
  const std::unique_ptr<archive, decltype(&archive_read_free)> reader(archive_read_new(),
                                                                      &archive_read_free);
  EXPECT_EQ(archive_read_support_format_cpio(reader.get()), ARCHIVE_OK);
  EXPECT_EQ(archive_read_open_memory(reader.get(), image.data(), image.size()), ARCHIVE_OK);
  std::string lines;
  archive_entry* entry = nullptr;
  while (archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK) {
    std::string bytes(static_cast<size_t>(archive_entry_size(entry)), '\0');
    archive_read_data(reader.get(), bytes.data(), bytes.size());
    const char* target = archive_entry_symlink(entry);
    char mode[8];
    std::snprintf(mode, sizeof mode, "%o", archive_entry_mode(entry));
    lines += std::string(mode) + " " + archive_entry_pathname(entry) + " " +
             (target != nullptr ? target : bytes) + "\n";
  }
  return lines;
}

void Fill(const TestFolder& folder) {
  folder.Write("usr/lib/libx.so.1", "a library");
  const fs::path program = folder.Write("usr/bin/x", "a program");
  ASSERT_EQ(::chmod(program.c_str(), 04711), 0);
  fs::create_symlink("libx.so.1", folder.Path() / "usr/lib/libx.so");
  fs::create_symlink("usr/bin", folder.Path() / "bin");
}

TEST(ArchiveOf, HoldsFilesFoldersAndLinksInOrder) {
  const TestFolder folder;
  Fill(folder);
  EXPECT_EQ(Listing(ArchiveOf(folder.Path())),
            "120777 bin usr/bin\n"
            "40755 usr \n"
            "40755 usr/bin \n"
            "100755 usr/bin/x a program\n"
            "40755 usr/lib \n"
            "120777 usr/lib/libx.so libx.so.1\n"
            "100644 usr/lib/libx.so.1 a library\n");
}

TEST(ArchiveOf, EqualFoldersGiveEqualBytes) {
  const TestFolder one;
  const TestFolder two;
  Fill(one);
  Fill(two);
  const timespec another_day[2] = {{86400, 0}, {86400, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (two.Path() / "usr/bin/x").c_str(), another_day, 0), 0);
  EXPECT_EQ(ArchiveOf(one.Path()), ArchiveOf(two.Path()));
  two.Write("usr/lib/libx.so.1", "another library");
  EXPECT_NE(ArchiveOf(one.Path()), ArchiveOf(two.Path()));
}

TEST(ArchiveOf, RefusesWhatNoPackageHolds) {
  const TestFolder folder;
  ASSERT_EQ(::mkfifo((folder.Path() / "pipe").c_str(), 0600), 0);
  EXPECT_THROW(ArchiveOf(folder.Path()), sys::Complaint);
}

}  // namespace
}  // namespace procmark::images
