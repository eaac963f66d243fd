// SPDX-License-Identifier: MIT
#include "harness/explain/profile_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace procmark::explain {
namespace {

// The bytes of a profile of two segments.
std::string Written(bool gives_up, int64_t claimed) {
  char* bytes = nullptr;
  size_t size = 0;
  ProfileWriter writer(::open_memstream(&bytes, &size), "aarch64");
  writer.Add(PathNode{0, 5, How::kSystemCall, 0x1000});
  writer.Add(CodeRun{5, 0xffff800000000000, {4, 4, 4}});
  writer.Add(Spot{1, 0, 3});
  writer.Add(StringSpot{1, 0xffff800000000008});
  Segment segment;
  segment.cut = Cut::kEnter;
  segment.mode = Mode::kKernel;
  segment.entered_by = How::kSystemCall;
  segment.counts = {{0, 300}};
  segment.strings = {{0, 200, 2, 0, 1600}};
  writer.Add(segment);
  writer.Correct(0, 0, 1);
  writer.Add(segment);
  if (gives_up) writer.GiveUp("it is too much");
  writer.Finish(claimed);
  std::string written(bytes, size);
  std::free(bytes);
  return written;
}

constexpr int64_t kInstructions = 2 * 900 - 1;

std::string WhyNot(const std::string& bytes) {
  try {
    (void)ReadProfile(bytes);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(ProfileFile, WhatIsWrittenIsRead) {
  const Profile profile = ReadProfile(Written(false, kInstructions));
  EXPECT_EQ(profile.target, "aarch64");
  ASSERT_EQ(profile.nodes.size(), 2U);
  EXPECT_EQ(profile.nodes[1], (PathNode{0, 5, How::kSystemCall, 0x1000}));
  ASSERT_EQ(profile.segments.size(), 2U);
  EXPECT_EQ(profile.segments[1].entered_by, How::kSystemCall);
  EXPECT_EQ(Instructions(profile, profile.segments[1]), 900);
  EXPECT_EQ(profile.segments[1].strings[0].bytes_written, 1600);
}

TEST(ProfileFile, ACorrectionTakesOneInstructionBack) {
  const Profile profile = ReadProfile(Written(false, kInstructions));
  EXPECT_EQ(Instructions(profile, profile.segments[0]), 899);
  EXPECT_EQ(profile.segments[0].strings[0].iterations, 199);
  EXPECT_EQ(profile.segments[0].counts[0].times, 299);
}

TEST(ProfileFile, WhatIsNotWholeIsRefused) {
  const std::string whole = Written(false, kInstructions);
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(WhyNot(whole.substr(0, size)), "") << size;
  }
  EXPECT_NE(WhyNot(whole + "E"), "");
  EXPECT_NE(WhyNot(Written(true, kInstructions)).find("it is too much"), std::string::npos);
}

TEST(ProfileFile, TheSumMustBeThePluginsOwn) {
  EXPECT_NE(WhyNot(Written(false, kInstructions + 1)).find("1799"), std::string::npos);
}

}  // namespace
}  // namespace procmark::explain
