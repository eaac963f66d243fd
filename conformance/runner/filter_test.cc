// SPDX-License-Identifier: MIT
// What filters select and exclude.
#include "conformance/runner/filter.h"

#include <gtest/gtest.h>

namespace procmark::conformance {
namespace {

TEST(MatchesPattern, StarAndQuestionMark) {
  EXPECT_TRUE(MatchesPattern("Wait.Once", "*"));
  EXPECT_TRUE(MatchesPattern("Wait.Once", "Wait.*"));
  EXPECT_TRUE(MatchesPattern("Wait.Once", "*.O?ce"));
  EXPECT_TRUE(MatchesPattern("Wait.Once", "W*t.*e"));
  EXPECT_TRUE(MatchesPattern("aXbXc", "a*X*c"));
  EXPECT_FALSE(MatchesPattern("Wait.Once", "Wait"));
  EXPECT_FALSE(MatchesPattern("Wait.Once", "Wait.Once?"));
  EXPECT_FALSE(MatchesPattern("Wait.Once", ""));
}

TEST(Filter, PositiveAndNegativePatterns) {
  const Filter filter("Wait.*:Fork.Copies-Wait.Slow*:Wait.Other");
  EXPECT_TRUE(filter.Matches("Wait.Once"));
  EXPECT_TRUE(filter.Matches("Fork.Copies"));
  EXPECT_FALSE(filter.Matches("Fork.Other"));
  EXPECT_FALSE(filter.Matches("Wait.SlowOne"));
  EXPECT_FALSE(filter.Matches("Wait.Other"));
}

TEST(Filter, OnlyNegativeMeansAllButThose) {
  const Filter filter("-Wait.*");
  EXPECT_TRUE(filter.Matches("Fork.Copies"));
  EXPECT_FALSE(filter.Matches("Wait.Once"));
}

TEST(Filter, CanariesNeedTheirSuiteNamed) {
  EXPECT_FALSE(Filter("*").NamesSuiteOf("Broken.Fails"));
  EXPECT_FALSE(Filter("*Fails").NamesSuiteOf("Broken.Fails"));
  EXPECT_FALSE(Filter("Broken*").NamesSuiteOf("Broken.Fails"));
  EXPECT_TRUE(Filter("Broken.*").NamesSuiteOf("Broken.Fails"));
  EXPECT_TRUE(Filter("Wait.*:Broken.Fails").NamesSuiteOf("Broken.Fails"));
  EXPECT_FALSE(Filter("Broken.*-*Fails").NamesSuiteOf("Broken.Fails"));
}

}  // namespace
}  // namespace procmark::conformance
