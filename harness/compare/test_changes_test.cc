// How tests differ between two sides.
#include "harness/compare/test_changes.h"

#include <gtest/gtest.h>

#include "harness/compare/test/made_run.h"

namespace procmark::compare {
namespace {

using Kind = TestChange::Kind;

Comparison Changes(const std::map<std::string, std::string>& a,
                   const std::map<std::string, std::string>& b,
                   const Expectations& expectations = {}) {
  static store::Run run_a;
  static store::Run run_b;
  run_a = MadeRun("a", {MadeCell("native", store::Clock::kWall)});
  run_b = MadeRun("b", {MadeCell("native", store::Clock::kWall)});
  for (const auto& [test, verdict] : a) AddTest(run_a, "native", test, verdict, "in a");
  for (const auto& [test, verdict] : b) AddTest(run_b, "native", test, verdict, "in b");
  Comparison comparison;
  AddTestChanges({.run = &run_a, .cell = "native"}, {.run = &run_b, .cell = "native"}, expectations,
                 comparison);
  return comparison;
}

TEST(TestChanges, NamesEveryPairOfVerdicts) {
  const struct {
    const char* a;
    const char* b;
    Kind kind;
  } rows[] = {{"pass", "fail", Kind::kRegressed},  {"pass", "timeout", Kind::kRegressed},
              {"pass", "crash", Kind::kRegressed}, {"fail", "pass", Kind::kFixed},
              {"crash", "pass", Kind::kFixed},     {"pass", "skip", Kind::kChanged},
              {"skip", "fail", Kind::kChanged},    {"skip", "pass", Kind::kChanged},
              {"fail", "crash", Kind::kChanged}};
  for (const auto& row : rows) {
    const Comparison comparison = Changes({{"T", row.a}}, {{"T", row.b}});
    ASSERT_EQ(comparison.tests.size(), 1U) << row.a << row.b;
    EXPECT_EQ(comparison.tests[0].kind, row.kind) << row.a << row.b;
    EXPECT_EQ(comparison.tests[0].a, row.a);
    EXPECT_EQ(comparison.tests[0].b, row.b);
    EXPECT_EQ(comparison.tests[0].reason, "in b");
  }
}

TEST(TestChanges, EqualVerdictsAreCountedOnly) {
  const Comparison comparison =
      Changes({{"T", "fail"}, {"U", "pass"}}, {{"T", "fail"}, {"U", "pass"}});
  EXPECT_TRUE(comparison.tests.empty());
  EXPECT_EQ(comparison.tests_equal, 2);
}

TEST(TestChanges, OneSidedTestsAreSaid) {
  const Comparison comparison =
      Changes({{"A", "pass"}, {"B", "pass"}}, {{"B", "pass"}, {"C", "fail"}});
  ASSERT_EQ(comparison.tests.size(), 2U);
  EXPECT_EQ(comparison.tests[0].kind, Kind::kOnlyInB);
  EXPECT_EQ(comparison.tests[1].kind, Kind::kOnlyInA);
  ASSERT_EQ(comparison.warnings.size(), 1U);
  EXPECT_EQ(comparison.warnings[0].about, "A");
}

TEST(TestChanges, ASideWithoutTestsIsOneWarning) {
  const Comparison comparison = Changes({{"A", "pass"}, {"B", "pass"}}, {});
  EXPECT_TRUE(comparison.tests.empty());
  EXPECT_EQ(comparison.warnings.size(), 1U);
}

TEST(TestChanges, ExpectedFailuresAreNoRegressions) {
  Expectation entry;
  entry.test = "T";
  entry.cell = "*";
  const Comparison comparison = Changes({{"T", "skip"}}, {{"T", "fail"}}, {entry});
  ASSERT_EQ(comparison.tests.size(), 1U);
  EXPECT_EQ(comparison.tests[0].b, "xfail");
  EXPECT_EQ(comparison.tests[0].kind, Kind::kChanged);
}

TEST(TestChanges, TheWorstOfSeveralRunsCounts) {
  store::Run run =
      MadeRun("a", {MadeCell("x", store::Clock::kWall), MadeCell("y", store::Clock::kWall)});
  AddTest(run, "x", "T", "pass");
  AddTest(run, "y", "T", "pass");
  AddTest(run, "y", "T", "fail", "once");
  AddTest(run, "y", "T", "pass");
  Comparison comparison;
  AddTestChanges({.run = &run, .cell = "x"}, {.run = &run, .cell = "y"}, {}, comparison);
  ASSERT_EQ(comparison.tests.size(), 1U);
  EXPECT_EQ(comparison.tests[0].kind, Kind::kRegressed);
  EXPECT_EQ(comparison.tests[0].reason, "once");
}

}  // namespace
}  // namespace procmark::compare
