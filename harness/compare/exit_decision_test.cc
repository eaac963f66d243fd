// Exit codes.
#include "harness/compare/exit_decision.h"

#include <gtest/gtest.h>

#include "harness/compare/test/made_run.h"

namespace procmark::compare {
namespace {

using sys::ExitCode;

TEST(DecideExit, FollowsItsOrder) {
  EXPECT_EQ(DecideExit({}, true), ExitCode::kFine);
  EXPECT_EQ(DecideExit({.inconclusive = 3}, false), ExitCode::kFine);
  EXPECT_EQ(DecideExit({.inconclusive = 3}, true), ExitCode::kInconclusive);
  EXPECT_EQ(DecideExit({.lost = 1, .inconclusive = 3}, true), ExitCode::kLost);
  EXPECT_EQ(DecideExit({.refused = 1}, false), ExitCode::kLost);
  EXPECT_EQ(DecideExit({.failures = 1, .lost = 1}, true), ExitCode::kRegression);
  EXPECT_EQ(DecideExit({.regressions = 1, .lost = 1}, false), ExitCode::kRegression);
  EXPECT_EQ(DecideExit({.interrupted = true, .failures = 1}, false), ExitCode::kInterrupted);
  EXPECT_EQ(DecideExit({.unexpected_passes = 9}, true), ExitCode::kFine);
}

TEST(Count, ReadsEverySource) {
  store::Run run = MadeRun("r", {});
  run.losses = {
      {"c", "crash", "", "", ""}, {"c", "timeout", "", "", ""}, {"c", "lost", "", "", ""}};
  run.refused = {{"c", {"fork", "no child was made"}}};
  run.complete = false;
  std::vector<FinalTest> tests;
  for (const char* verdict : {"pass", "fail", "timeout", "crash", "xfail", "xpass", "skip"}) {
    tests.push_back({.cell = "c", .test = verdict, .verdict = verdict});
  }
  Comparison comparison;
  for (const Verdict verdict :
       {Verdict::kIdentical, Verdict::kUnchanged, Verdict::kChanged, Verdict::kImproved,
        Verdict::kRegressed, Verdict::kInconclusive, Verdict::kNotDeterministic, Verdict::kShown}) {
    comparison.benchmarks.emplace_back().verdict = verdict;
  }
  comparison.tests.push_back({"T", TestChange::Kind::kRegressed, "pass", "fail", ""});
  comparison.tests.push_back({"U", TestChange::Kind::kFixed, "fail", "pass", ""});
  SelfCheckResult check;
  check.slow.state = Canary::State::kBad;
  const Findings findings = Count(run, tests, {comparison}, {check});
  EXPECT_EQ(findings.failures, 3 + 2);
  EXPECT_EQ(findings.regressions, 2);
  EXPECT_EQ(findings.inconclusive, 1);
  EXPECT_EQ(findings.lost, 1 + 1 + 1 + 1);  // loss, incomplete, canary, determinism
  EXPECT_EQ(findings.refused, 1);
  EXPECT_EQ(findings.unexpected_passes, 1);
  EXPECT_FALSE(findings.interrupted);
}

TEST(Count, OfAQuietRunIsNothing) {
  const Findings findings = Count(MadeRun("r", {}), {}, {}, {});
  EXPECT_EQ(DecideExit(findings, true), ExitCode::kFine);
}

}  // namespace
}  // namespace procmark::compare
