// SPDX-License-Identifier: MIT
#include "harness/plan/filter.h"

#include <gtest/gtest.h>

#include "harness/sys/complaint.h"

namespace procmark::plan {
namespace {

std::string ComplaintOf(const std::string& pattern) {
  try {
    const Filter filter(pattern, "--filter");
  } catch (const sys::Complaint& complaint) {
    EXPECT_EQ(complaint.Code(), sys::ExitCode::kUsage);
    return complaint.what();
  }
  return "";
}

TEST(Filter, IsSearchedAnywhereInTheName) {
  EXPECT_TRUE(Filter("fork", "").IsFoundIn("vfork/to:reaped"));
  EXPECT_FALSE(Filter("^fork", "").IsFoundIn("vfork/to:reaped"));
  EXPECT_TRUE(Filter("^(fork|exec)/.*:(reaped|exit)$", "").IsFoundIn("exec/to:reaped"));
  EXPECT_TRUE(Filter(R"(^Wait\.\w+Echild$)", "").IsFoundIn("Wait.NoChildrenIsEchild"));
  EXPECT_TRUE(Filter("", "").IsFoundIn("anything"));
}

TEST(Filter, ABadPatternIsRefusedWithItsReason) {
  EXPECT_EQ(ComplaintOf("("),
            "--filter '(' is not a regular expression: missing ): ( (RE2 syntax)");
  EXPECT_NE(ComplaintOf("a(?=b)").find("invalid perl operator: (?="), std::string::npos);
  EXPECT_NE(ComplaintOf(R"((a)\1)").find(R"(invalid escape sequence: \1)"), std::string::npos);
  EXPECT_NE(ComplaintOf("x{1,9999}").find("invalid repetition size"), std::string::npos);
  EXPECT_NE(ComplaintOf("\xff").find("invalid UTF-8"), std::string::npos);
}

// A backtracking matcher takes 2^200 steps for this, and the test's deadline ends it.
TEST(Filter, NestedRepetitionTakesLinearTime) {
  EXPECT_FALSE(Filter("^(a+)+$", "").IsFoundIn(std::string(200, 'a').append("b")));
  EXPECT_FALSE(Filter("(x+x+)+y", "").IsFoundIn(std::string(1'000'000, 'x')));
}

}  // namespace
}  // namespace procmark::plan
