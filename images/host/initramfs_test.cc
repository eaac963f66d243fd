// SPDX-License-Identifier: MIT
// The initramfs: reproducible bytes, read back with libarchive.
#include "images/host/initramfs.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <sys/sysmacros.h>
#include <utime.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "harness/sys/complaint.h"
#include "images/host/boot_image.h"
#include "images/host/test_folder.h"

namespace procmark::images {
namespace {

struct Entry {
  std::string path;
  mode_t mode;
  int64_t uid;
  int64_t mtime;
  int64_t inode;
  dev_t device;
  std::string bytes;
};

std::vector<Entry> ReadBack(const std::string& image) {
  const std::unique_ptr<archive, decltype(&archive_read_free)> reader(archive_read_new(),
                                                                      &archive_read_free);
  EXPECT_EQ(archive_read_support_format_cpio(reader.get()), ARCHIVE_OK);
  EXPECT_EQ(archive_read_open_memory(reader.get(), image.data(), image.size()), ARCHIVE_OK);
  std::vector<Entry> entries;
  archive_entry* entry = nullptr;
  while (archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK) {
    std::string bytes(static_cast<size_t>(archive_entry_size(entry)), '\0');
    EXPECT_EQ(archive_read_data(reader.get(), bytes.data(), bytes.size()),
              static_cast<la_ssize_t>(bytes.size()));
    entries.push_back({archive_entry_pathname(entry), archive_entry_mode(entry),
                       archive_entry_uid(entry), archive_entry_mtime(entry),
                       archive_entry_ino64(entry), archive_entry_rdev(entry), bytes});
  }
  return entries;
}

const Entry* Find(const std::vector<Entry>& entries, const std::string& path) {
  for (const Entry& entry : entries) {
    if (entry.path == path) return &entry;
  }
  return nullptr;
}

class InitramfsTest : public ::testing::Test {
 protected:
  InitramfsContent Content(const std::string& job) const {
    return {folder_.Write("init", "the init"),
            {{"conformance", folder_.Write("c", "tests")}, {"bench", folder_.Write("b", "bench!")}},
            {},
            {},
            job};
  }
  TestFolder folder_;
};

TEST_F(InitramfsTest, EqualContentGivesEqualBytes) {
  const std::string first = BuildInitramfs(Content("{}"));
  const utimbuf another_day{86400, 86400};
  ASSERT_EQ(::utime((folder_.Path() / "b").c_str(), &another_day), 0);
  EXPECT_EQ(BuildInitramfs(Content("{}")), first);
}

TEST_F(InitramfsTest, OtherFilesHaveTheirFoldersAndCount) {
  InitramfsContent content = Content("{}");
  const std::string programs = ProgramsSha256(content);
  content.files = {{"lib/libc.so.6", folder_.Write("libc", "a library")},
                   {"lib/ld.so", folder_.Write("ld", "a loader")},
                   {"opt/a/b/deep", folder_.Write("deep", "deep")},
                   {"tmp/seen", folder_.Write("seen", "seen")}};
  EXPECT_NE(ProgramsSha256(content), programs);
  const std::vector<Entry> entries = ReadBack(BuildInitramfs(content));
  ASSERT_NE(Find(entries, "lib/libc.so.6"), nullptr);
  EXPECT_EQ(Find(entries, "lib/libc.so.6")->bytes, "a library");
  for (const char* folder : {"lib", "opt", "opt/a", "opt/a/b", "tmp"}) {
    EXPECT_EQ(std::ranges::count(entries, std::string(folder), &Entry::path), 1) << folder;
    EXPECT_TRUE(S_ISDIR(Find(entries, folder)->mode)) << folder;
  }
}

TEST_F(InitramfsTest, ModulesKeepTheirOrder) {
  InitramfsContent content = Content("{}");
  EXPECT_EQ(ModulesSha256(content), "");
  content.modules = {{"second", "2"}, {"first", "1"}};
  const std::vector<Entry> entries = ReadBack(BuildInitramfs(content));
  const Entry* second = Find(entries, "procmark/modules/000-second.ko");
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->bytes, "2");
  EXPECT_NE(Find(entries, "procmark/modules/001-first.ko"), nullptr);
  const std::string digest = ModulesSha256(content);
  std::swap(content.modules[0], content.modules[1]);
  EXPECT_NE(ModulesSha256(content), digest);
}

TEST_F(InitramfsTest, HoldsWhatItWasGiven) {
  const std::vector<Entry> entries = ReadBack(BuildInitramfs(Content(R"({"settle_ms":1})")));
  const Entry* init = Find(entries, "init");
  ASSERT_NE(init, nullptr);
  EXPECT_EQ(init->bytes, "the init");
  EXPECT_EQ(init->mode, mode_t{S_IFREG | 0755});
  const Entry* bench = Find(entries, "procmark/bench");
  ASSERT_NE(bench, nullptr);
  EXPECT_EQ(bench->bytes, "bench!");
  EXPECT_EQ(bench->mode, mode_t{S_IFREG | 0755});
  const Entry* console = Find(entries, "dev/console");
  ASSERT_NE(console, nullptr);
  EXPECT_EQ(console->mode & S_IFMT, mode_t{S_IFCHR});
  EXPECT_EQ(major(console->device), 5U);
  EXPECT_EQ(minor(console->device), 1U);
  for (const char* directory : {"dev", "proc", "sys", "tmp", "procmark"}) {
    const Entry* entry = Find(entries, directory);
    ASSERT_NE(entry, nullptr) << directory;
    EXPECT_EQ(entry->mode & S_IFMT, mode_t{S_IFDIR}) << directory;
  }
}

TEST_F(InitramfsTest, DependsOnNoClockAndNoOwner) {
  int64_t inode = 0;
  for (const Entry& entry : ReadBack(BuildInitramfs(Content("{}")))) {
    EXPECT_EQ(entry.mtime, 0) << entry.path;
    EXPECT_EQ(entry.uid, 0) << entry.path;
    EXPECT_GT(entry.inode, inode) << entry.path;
    inode = entry.inode;
  }
}

TEST_F(InitramfsTest, JobIsLastAndPaddedSoThatJobsDoNotMoveAnything) {
  const std::string small = BuildInitramfs(Content("{}"));
  const std::string large = BuildInitramfs(Content(R"({"settle_ms":5000,"programs":[]})"));
  EXPECT_EQ(small.size(), large.size());
  const std::vector<Entry> entries = ReadBack(large);
  EXPECT_EQ(entries.back().path, "procmark/job.json");
  EXPECT_EQ(entries.back().bytes.size(), kJobBytes);
  const size_t first_difference = static_cast<size_t>(
      std::mismatch(small.begin(), small.end(), large.begin()).first - small.begin());
  EXPECT_GE(first_difference, small.rfind("procmark/job.json"));
}

TEST_F(InitramfsTest, ProgramsHashLeavesTheJobOut) {
  const std::string hash = ProgramsSha256(Content("{}"));
  EXPECT_EQ(ProgramsSha256(Content("[1]")), hash);
  InitramfsContent changed = Content("{}");
  folder_.Write("b", "another bench");
  EXPECT_NE(ProgramsSha256(changed), hash);
  InitramfsContent renamed = Content("{}");
  renamed.programs.emplace("other", folder_.Path() / "c");
  EXPECT_NE(ProgramsSha256(renamed), hash);
}

TEST_F(InitramfsTest, RefusesWhatCannotBoot) {
  InitramfsContent content = Content("{}");
  content.programs.emplace("../x", folder_.Path() / "b");
  EXPECT_THROW(BuildInitramfs(content), sys::Complaint);
  content = Content("{}");
  content.programs.emplace("job.json", folder_.Path() / "b");
  EXPECT_THROW(BuildInitramfs(content), sys::Complaint);
  content = Content("{}");
  content.init = folder_.Path() / "absent";
  EXPECT_THROW(BuildInitramfs(content), sys::Complaint);
}

TEST(PadJob, FillsUpToTheFixedSize) {
  const std::string padded = PadJob("{}");
  EXPECT_EQ(padded.size(), kJobBytes);
  EXPECT_EQ(padded.substr(0, 3), "{} ");
  EXPECT_EQ(padded.back(), '\n');
}

TEST(PadJob, RefusesWhatDoesNotFitOrIsNoJson) {
  const std::string longest = "\"" + std::string(kJobBytes - 3, 'x') + "\"";
  EXPECT_EQ(PadJob(longest).size(), kJobBytes);
  EXPECT_THROW(PadJob("\"" + std::string(kJobBytes - 2, 'x') + "\""), sys::Complaint);
  EXPECT_THROW(PadJob("settle: 5"), sys::Complaint);
}

TEST(ParseFiles, TakesAFileAndAllFilesBelowAFolder) {
  const TestFolder folder;
  const std::filesystem::path one = folder.Write("a/one", "1");
  const std::filesystem::path two = folder.Write("a/b/two", "2");
  EXPECT_EQ(ParseFiles("etc/one=" + one.string()),
            (std::map<std::string, std::filesystem::path>{{"etc/one", one}}));
  EXPECT_EQ(ParseFiles("opt=" + (folder.Path() / "a").string()),
            (std::map<std::string, std::filesystem::path>{{"opt/one", one}, {"opt/b/two", two}}));
  for (const char* wrong : {"etc/one", "=/etc/passwd", "/etc/one=/etc/passwd", "x=/absent"}) {
    EXPECT_THROW(ParseFiles(wrong), sys::Complaint) << wrong;
  }
}

}  // namespace
}  // namespace procmark::images
