// SPDX-License-Identifier: MIT
// Exit codes.
#include "harness/compare/exit_decision.h"

#include <gtest/gtest.h>

#include "harness/compare/test/synthetic_run.h"

namespace procmark::compare {
namespace {

using sys::ExitCode;
using wire::TestVerdict;

TEST(DecideExit, FollowsItsOrder) {
  EXPECT_EQ(DecideExit({}, true), ExitCode::kFine);
  EXPECT_EQ(DecideExit({.inconclusive = 3}, false), ExitCode::kFine);
  EXPECT_EQ(DecideExit({.inconclusive = 3}, true), ExitCode::kInconclusive);
  EXPECT_EQ(DecideExit({.lost = 1, .inconclusive = 3}, true), ExitCode::kLost);
  EXPECT_EQ(DecideExit({.refused = 1}, false), ExitCode::kLost);
  EXPECT_EQ(DecideExit({.failures = 1, .lost = 1}, true), ExitCode::kRegression);
  EXPECT_EQ(DecideExit({.regressions = 1, .lost = 1}, false), ExitCode::kRegression);
  EXPECT_EQ(DecideExit({.unexpected_passes = 9}, true), ExitCode::kFine);
}

TEST(CountFindings, ReadsEverySource) {
  store::Run run = MakeRun("r", {});
  run.losses = {{"c", store::LossKind::kCrash, "", "", ""},
                {"c", store::LossKind::kTimeout, "", "", ""},
                {"c", store::LossKind::kLost, "", "", ""}};
  run.refused = {{"c", {"fork", "no child was made"}}};
  run.complete = false;
  std::vector<FinalTest> tests;
  for (const auto& [verdict, name] : wire::kTestVerdicts.All()) {
    tests.push_back({.cell = "c", .test = name, .verdict = verdict});
  }
  Comparison comparison;
  for (const Verdict verdict :
       {Verdict::kIdentical, Verdict::kUnchanged, Verdict::kChanged, Verdict::kImproved,
        Verdict::kRegressed, Verdict::kInconclusive, Verdict::kNotDeterministic, Verdict::kShown}) {
    comparison.benchmarks.emplace_back().verdict = verdict;
  }
  comparison.tests.push_back(
      {"T", TestChange::Kind::kRegressed, TestVerdict::kPass, TestVerdict::kFail, ""});
  comparison.tests.push_back(
      {"U", TestChange::Kind::kFixed, TestVerdict::kFail, TestVerdict::kPass, ""});
  SelfCheckResult check;
  check.slow.state = Canary::State::kBad;
  const Findings findings = CountFindings(run, tests, {comparison}, {check});
  EXPECT_EQ(findings.failures, 3 + 2);
  EXPECT_EQ(findings.regressions, 2);
  EXPECT_EQ(findings.inconclusive, 1);
  EXPECT_EQ(findings.lost, 1 + 1 + 1 + 1);  // loss, incomplete, canary, determinism
  EXPECT_EQ(findings.refused, 1);
  EXPECT_EQ(findings.unexpected_passes, 1);
}

TEST(CountFindings, OfAQuietRunIsNothing) {
  const Findings findings = CountFindings(MakeRun("r", {}), {}, {}, {});
  EXPECT_EQ(DecideExit(findings, true), ExitCode::kFine);
}

}  // namespace
}  // namespace procmark::compare
