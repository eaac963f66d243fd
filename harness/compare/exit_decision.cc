// SPDX-License-Identifier: MIT
#include "harness/compare/exit_decision.h"

#include "harness/compare/test_changes.h"

namespace procmark::compare {
namespace {

void CountComparison(const Comparison& comparison, Findings& findings) {
  for (const BenchmarkComparison& one : comparison.benchmarks) {
    findings.regressions += one.verdict == Verdict::kRegressed;
    findings.inconclusive += one.verdict == Verdict::kInconclusive;
    findings.lost += one.verdict == Verdict::kNotDeterministic;
  }
  for (const TestChange& change : comparison.tests) {
    findings.regressions += change.kind == TestChange::Kind::kRegressed;
  }
}

}  // namespace

Findings CountFindings(const store::Run& run, const std::vector<FinalTest>& tests,
                       const std::vector<Comparison>& comparisons,
                       const std::vector<SelfCheckResult>& self_checks) {
  Findings findings;
  for (const FinalTest& test : tests) {
    findings.failures += IsBad(test.verdict);
    findings.unexpected_passes += test.verdict == wire::TestVerdict::kXpass;
  }
  for (const store::Loss& loss : run.losses) {
    ++(loss.kind == store::LossKind::kLost ? findings.lost : findings.failures);
  }
  findings.refused = static_cast<int64_t>(run.refused.size());
  if (!run.complete) ++findings.lost;
  for (const SelfCheckResult& check : self_checks) {
    findings.lost += check.twin.state == Canary::State::kBad;
    findings.lost += check.slow.state == Canary::State::kBad;
  }
  for (const Comparison& comparison : comparisons) CountComparison(comparison, findings);
  return findings;
}

sys::ExitCode DecideExit(const Findings& findings, bool fail_on_inconclusive) {
  if (findings.failures > 0 || findings.regressions > 0) return sys::ExitCode::kRegression;
  if (findings.lost > 0 || findings.refused > 0) return sys::ExitCode::kLost;
  if (fail_on_inconclusive && findings.inconclusive > 0) return sys::ExitCode::kInconclusive;
  return sys::ExitCode::kFine;
}

}  // namespace procmark::compare
