// SPDX-License-Identifier: MIT
// Conformance tests in real guests: tests of init, known deviations, and differences between cells.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "e2e/tool.h"
#include "harness/store/run_reader.h"

namespace procmark::e2e {
namespace {

constexpr const char* kOld = "amd64/debian-5.10/max/exact";
constexpr const char* kNewer = "amd64/debian-6.1/max/exact";

// RealInit.HasNoParent fails in a guest if it does not run in the pid namespace of the guest's
// PID 1.
TEST(ConformanceInGuest, InitIsTheGuestsOwn) {
  const Tool tool;
  const Answer answer = tool.Run({"run", "--cell", kNewer, "--filter",
                                  "^(RealInit|ProcConnector|Taskstats)\\.", "--name", "init"});
  EXPECT_EQ(answer.exit_code, 0) << answer.out << answer.err;
  const store::Run run = store::ReadRun(store::FindRun(tool.Results(), "init"));
  EXPECT_GE(run.tests.size(), 5U);
  for (const store::Test& test : run.tests) {
    EXPECT_EQ(test.test.verdict, wire::TestVerdict::kPass)
        << test.test.test << ": " << test.test.reason;
  }
}

TEST(ConformanceInGuest, KnownDeviationsAndDifferencesAreShown) {
  const Tool tool;
  const Answer answer =
      tool.Run({"run", "--cell", kOld, "--cell", kNewer, "--filter",
                "^CgroupKill\\.(EndsEveryMember|SparesChildrenClonedLater)$", "--name", "two"});
  EXPECT_EQ(answer.exit_code, 0) << answer.out << answer.err;
  EXPECT_NE(answer.out.find("tests that differ between cells: 2 of 2"), std::string::npos)
      << answer.out;
  EXPECT_NE(answer.out.find("xfail"), std::string::npos) << answer.out;
}

// The tag selects the tests, so that a new one runs too.
TEST(ConformanceInGuest, DestructiveTestsHold) {
  const Tool tool;
  const std::filesystem::path plan = tool.Results() / "destructive.toml";
  std::filesystem::create_directories(tool.Results());
  std::ofstream(plan) << "name = \"destructive\"\ncells = [\"" << kNewer << "\"]\n"
                      << "[benchmarks]\ntags = [\"none\"]\n[tests]\ntags = [\"destructive\"]\n";
  const Answer answer = tool.Run({"run", "--plan", plan.string(), "--name", "destructive"});
  EXPECT_EQ(answer.exit_code, 0) << answer.out << answer.err;
  const store::Run run = store::ReadRun(store::FindRun(tool.Results(), "destructive"));
  EXPECT_GE(run.tests.size(), 12U);
  for (const store::Test& test : run.tests) {
    const bool needs_two_cpus = test.test.test == "CpuHotplug.KernelThreadsOfAnOfflineCpuPark";
    EXPECT_EQ(test.test.verdict,
              needs_two_cpus ? wire::TestVerdict::kSkip : wire::TestVerdict::kPass)
        << test.test.test << ": " << test.test.reason;
  }
}

}  // namespace
}  // namespace procmark::e2e
