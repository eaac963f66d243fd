// SPDX-License-Identifier: MIT
#include "harness/sys/whole_file.h"

#include <gtest/gtest.h>

#include "harness/sys/complaint.h"
#include "harness/sys/temp_dir.h"

namespace procmark::sys {
namespace {

TEST(WholeFile, HoldsEveryByteThatWasWritten) {
  const Result<TempDir> folder = TempDir::Create();
  ASSERT_TRUE(folder);
  const std::filesystem::path file = folder.Value().Path() / "file";
  const std::string content("a\0\n\xFF", 4);
  WriteWholeFile(file, "longer than what replaces it");
  WriteWholeFile(file, content);
  EXPECT_EQ(ReadWholeFile(file), content);
  WriteWholeFile(file, "");
  EXPECT_EQ(ReadWholeFile(file), "");
}

TEST(WholeFile, WhatCannotBeReadIsAComplaint) {
  EXPECT_THROW((void)ReadWholeFile("/proc/self"), Complaint);  // a folder
  EXPECT_THROW((void)ReadWholeFile("/proc/self/no-such-file"), Complaint);
}

TEST(WholeFile, AFullDiskIsAComplaint) {
  EXPECT_THROW(WriteWholeFile("/dev/full", "text"), Complaint);
  EXPECT_THROW(WriteWholeFile("/proc/self/no-such-folder/file", "text"), Complaint);
}

}  // namespace
}  // namespace procmark::sys
