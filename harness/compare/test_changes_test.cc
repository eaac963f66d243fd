// SPDX-License-Identifier: MIT
// How tests differ between two sides.
#include "harness/compare/test_changes.h"

#include <gtest/gtest.h>

#include "harness/compare/test/synthetic_run.h"

namespace procmark::compare {
namespace {

using wire::TestVerdict;
using Kind = TestChange::Kind;

std::string Pair(TestVerdict a, TestVerdict b) {
  return std::string(wire::TestVerdictName(a)) + " -> " + wire::TestVerdictName(b);
}

Comparison Changes(const std::map<std::string, TestVerdict>& a,
                   const std::map<std::string, TestVerdict>& b,
                   const Expectations& expectations = {}) {
  static store::Run run_a;
  static store::Run run_b;
  run_a = MakeRun("a", {MakeCell("native", store::Clock::kWall)});
  run_b = MakeRun("b", {MakeCell("native", store::Clock::kWall)});
  for (const auto& [test, verdict] : a) AddTest(run_a, "native", test, verdict, "in a");
  for (const auto& [test, verdict] : b) AddTest(run_b, "native", test, verdict, "in b");
  Comparison comparison;
  AddTestChanges({.run = &run_a, .cell = "native"}, {.run = &run_b, .cell = "native"}, expectations,
                 comparison);
  return comparison;
}

TEST(TestChanges, NamesEveryPairOfVerdicts) {
  const struct {
    TestVerdict a;
    TestVerdict b;
    Kind kind;
  } rows[] = {{TestVerdict::kPass, TestVerdict::kFail, Kind::kRegressed},
              {TestVerdict::kPass, TestVerdict::kTimeout, Kind::kRegressed},
              {TestVerdict::kPass, TestVerdict::kCrash, Kind::kRegressed},
              {TestVerdict::kFail, TestVerdict::kPass, Kind::kFixed},
              {TestVerdict::kCrash, TestVerdict::kPass, Kind::kFixed},
              {TestVerdict::kPass, TestVerdict::kSkip, Kind::kChanged},
              {TestVerdict::kSkip, TestVerdict::kFail, Kind::kChanged},
              {TestVerdict::kSkip, TestVerdict::kPass, Kind::kChanged},
              {TestVerdict::kFail, TestVerdict::kCrash, Kind::kChanged}};
  for (const auto& row : rows) {
    const Comparison comparison = Changes({{"T", row.a}}, {{"T", row.b}});
    ASSERT_EQ(comparison.tests.size(), 1U) << Pair(row.a, row.b);
    EXPECT_EQ(comparison.tests[0].kind, row.kind) << Pair(row.a, row.b);
    EXPECT_EQ(comparison.tests[0].a, row.a);
    EXPECT_EQ(comparison.tests[0].b, row.b);
    EXPECT_EQ(comparison.tests[0].reason, "in b");
  }
}

TEST(TestChanges, EqualVerdictsAreOnlyCounted) {
  const Comparison comparison = Changes({{"T", TestVerdict::kFail}, {"U", TestVerdict::kPass}},
                                        {{"T", TestVerdict::kFail}, {"U", TestVerdict::kPass}});
  EXPECT_TRUE(comparison.tests.empty());
  EXPECT_EQ(comparison.tests_equal, 2);
}

TEST(TestChanges, ReportsTestsOfOneSideOnly) {
  const Comparison comparison = Changes({{"A", TestVerdict::kPass}, {"B", TestVerdict::kPass}},
                                        {{"B", TestVerdict::kPass}, {"C", TestVerdict::kFail}});
  ASSERT_EQ(comparison.tests.size(), 2U);
  EXPECT_EQ(comparison.tests[0].kind, Kind::kOnlyInB);
  EXPECT_EQ(comparison.tests[1].kind, Kind::kOnlyInA);
  ASSERT_EQ(comparison.warnings.size(), 1U);
  EXPECT_EQ(comparison.warnings[0].about, "A");
}

TEST(TestChanges, ASideWithoutTestsIsOneWarning) {
  const Comparison comparison = Changes({{"A", TestVerdict::kPass}, {"B", TestVerdict::kPass}}, {});
  EXPECT_TRUE(comparison.tests.empty());
  EXPECT_EQ(comparison.warnings.size(), 1U);
}

TEST(TestChanges, AnExpectedFailureIsNotARegression) {
  Expectation entry;
  entry.test = "T";
  entry.cell = "*";
  const Comparison comparison =
      Changes({{"T", TestVerdict::kSkip}}, {{"T", TestVerdict::kFail}}, {entry});
  ASSERT_EQ(comparison.tests.size(), 1U);
  EXPECT_EQ(comparison.tests[0].b, TestVerdict::kXfail);
  EXPECT_EQ(comparison.tests[0].kind, Kind::kChanged);
}

TEST(TestChanges, TheWorstOfSeveralRunsCounts) {
  store::Run run =
      MakeRun("a", {MakeCell("x", store::Clock::kWall), MakeCell("y", store::Clock::kWall)});
  AddTest(run, "x", "T", TestVerdict::kPass);
  AddTest(run, "y", "T", TestVerdict::kPass);
  AddTest(run, "y", "T", TestVerdict::kFail, "once");
  AddTest(run, "y", "T", TestVerdict::kPass);
  Comparison comparison;
  AddTestChanges({.run = &run, .cell = "x"}, {.run = &run, .cell = "y"}, {}, comparison);
  ASSERT_EQ(comparison.tests.size(), 1U);
  EXPECT_EQ(comparison.tests[0].kind, Kind::kRegressed);
  EXPECT_EQ(comparison.tests[0].reason, "once");
}

}  // namespace
}  // namespace procmark::compare
