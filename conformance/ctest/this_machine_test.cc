// SPDX-License-Identifier: MIT
// Verdicts that are as expected on a machine, and verdicts that are not.
#include "conformance/ctest/this_machine.h"

#include <gtest/gtest.h>

namespace procmark::conformance {
namespace {

using wire::TestVerdict;
using Texts = std::vector<std::string>;

constexpr const char* kExpectations =
    "[[expect]]\ntest = \"Cgroup.Old\"\nkernel = \"<6.2\"\nreason = \"a\"\n"
    "link = \"https://b\"\nexpires = 2030-01-01\n"
    "[[expect]]\ntest = \"Guest.*\"\ncell = \"amd64/*\"\nreason = \"a\"\n"
    "link = \"https://b\"\nexpires = 2030-01-01\n";

MachineJudgement Judge(const Verdicts& verdicts, const std::string& release = "6.1.0-44-amd64") {
  return JudgeThisMachine(verdicts, release,
                          compare::ParseExpectations(kExpectations, "expectations.toml",
                                                     {.year = 2026, .month = 1, .day = 1}));
}

TEST(ThisMachine, CountsWhatIsAsExpected) {
  const MachineJudgement judgement = Judge({{"Wait.Once", {TestVerdict::kPass, ""}},
                                            {"Cgroup.Old", {TestVerdict::kFail, "1 is not 2"}},
                                            {"Pid.New", {TestVerdict::kSkip, "no clone4\nhere"}}});
  EXPECT_EQ(judgement.faults, Texts{});
  EXPECT_EQ(judgement.passed, 1U);
  EXPECT_EQ(judgement.known_failures, 1U);
  EXPECT_EQ(judgement.skips, Texts{"Pid.New: no clone4"});
}

TEST(ThisMachine, AnUnexpectedVerdictIsAFault) {
  EXPECT_EQ(Judge({{"Wait.Once", {TestVerdict::kFail, "1 is not 2"}}}).faults,
            Texts{"Wait.Once: fail: 1 is not 2"});
  EXPECT_EQ(Judge({{"Wait.Once", {TestVerdict::kTimeout, "late"}}}).faults.size(), 1U);
  EXPECT_EQ(Judge({{"Cgroup.Old", {TestVerdict::kCrash, "SIGSEGV"}}}).faults.size(), 1U)
      << "a crash is never expected";
  EXPECT_EQ(Judge({{"Cgroup.Old", {TestVerdict::kPass, ""}}}).faults.size(), 1U);
  EXPECT_EQ(Judge({{"Guest.One", {TestVerdict::kFail, "x"}}}).faults.size(), 1U)
      << "expected in guests only";
  EXPECT_EQ(Judge({{"Cgroup.Old", {TestVerdict::kFail, "x"}}}, "6.12.1").faults.size(), 1U)
      << "expected on older kernels only";
}

TEST(ThisMachine, ASkipNeedsAReason) {
  EXPECT_EQ(Judge({{"Pid.New", {TestVerdict::kSkip, "no reason given"}}}).faults,
            Texts{"Pid.New is skipped without a reason"});
}

}  // namespace
}  // namespace procmark::conformance
