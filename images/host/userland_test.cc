// SPDX-License-Identifier: MIT
// What is found in a sysroot, and the message when something is missing.
#include "images/host/userland.h"

#include <gtest/gtest.h>

#include "harness/sys/complaint.h"
#include "images/host/test_folder.h"

namespace procmark::images {
namespace {

namespace fs = std::filesystem;

class UserlandTest : public ::testing::Test {
 protected:
  void Fill(const std::string& path) { folder_.Write(path, path); }
  void FillAll() {
    Fill("usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2");
    Fill("usr/lib/x86_64-linux-gnu/libc.so.6");
    Fill("usr/lib/ldscripts");
    Fill("usr/bin/busybox");
    fs::create_directories(folder_.Path() / "usr/lib64");
    fs::create_symlink("../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
                       folder_.Path() / "usr/lib64/ld-linux-x86-64.so.2");
  }
  TestFolder folder_;
};

TEST_F(UserlandTest, LiesWhereProgramsLookForIt) {
  FillAll();
  const fs::path root = folder_.Path();
  EXPECT_EQ(FindUserland(root),
            (std::map<std::string, fs::path>{
                {"bin/sh", root / "usr/bin/busybox"},
                {"lib/libc.so.6", root / "usr/lib/x86_64-linux-gnu/libc.so.6"},
                {"lib64/ld-linux-x86-64.so.2", root / "usr/lib64/ld-linux-x86-64.so.2"}}));
}

TEST_F(UserlandTest, SomeArchitecturesHaveTheLoaderInLib) {
  FillAll();
  fs::remove_all(folder_.Path() / "usr/lib64");
  Fill("usr/lib/ld64.so.1");
  EXPECT_TRUE(FindUserland(folder_.Path()).contains("lib/ld64.so.1"));
}

TEST_F(UserlandTest, WhatIsLackingIsNamed) {
  for (const char* lacking :
       {"usr/lib64", "usr/lib/x86_64-linux-gnu/libc.so.6", "usr/bin/busybox"}) {
    fs::remove_all(folder_.Path() / "usr");
    FillAll();
    fs::remove_all(folder_.Path() / lacking);
    EXPECT_THROW(FindUserland(folder_.Path()), sys::Complaint) << lacking;
  }
}

}  // namespace
}  // namespace procmark::images
