// SPDX-License-Identifier: MIT
#include "conformance/ctest/this_machine.h"

#include "harness/compare/comparison.h"

namespace procmark::conformance {
namespace {

// The runner's text for GTEST_SKIP() without a reason.
constexpr const char* kNoReason = "no reason given";

store::Run AsRun(const Verdicts& verdicts, const std::string& release) {
  store::Run run;
  store::Cell cell;
  cell.name = "native";
  cell.environment["kernel.release"] = release;
  run.cells.push_back(cell);
  for (const auto& [name, verdict] : verdicts) {
    wire::Test test;
    test.test = name;
    test.verdict = verdict.verdict;
    test.reason = verdict.reason;
    run.tests.push_back({.cell = cell.name, .test = test});
  }
  return run;
}

}  // namespace

MachineJudgement JudgeThisMachine(const Verdicts& verdicts, const std::string& release,
                                  const compare::Expectations& expectations) {
  MachineJudgement judgement;
  for (const compare::FinalTest& test :
       compare::ApplyExpectations(AsRun(verdicts, release), expectations).tests) {
    const std::string reason = FirstLine(test.reason);
    switch (test.verdict) {
      case wire::TestVerdict::kPass:
        ++judgement.passed;
        break;
      case wire::TestVerdict::kXfail:
        ++judgement.known_failures;
        break;
      case wire::TestVerdict::kXpass:
        judgement.faults.push_back(test.test +
                                   " passes, but expectations.toml expects that it fails");
        break;
      case wire::TestVerdict::kSkip:
        judgement.skips.push_back(test.test + ": " + reason);
        if (reason.empty() || reason == kNoReason) {
          judgement.faults.push_back(test.test + " is skipped without a reason");
        }
        break;
      default:
        judgement.faults.push_back(test.test + ": " + wire::TestVerdictName(test.verdict) + ": " +
                                   test.reason);
        break;
    }
  }
  return judgement;
}

}  // namespace procmark::conformance
