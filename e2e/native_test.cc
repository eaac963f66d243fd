// SPDX-License-Identifier: MIT
// The bare machine: a slower benchmark is found, an equal one raises no alarm, and each broken one
// gets its verdict.
#include <gtest/gtest.h>

#include "e2e/tool.h"
#include "harness/store/run_reader.h"

namespace procmark::e2e {
namespace {

TEST(Native, ThePlantedTenPercentAreFound) {
  const Answer answer = Tool().Run(
      {"compare", "native", "native+slow=10", "--filter", "^fork/to:reaped$", "--no-tests"});
  EXPECT_EQ(answer.exit_code, 1) << answer.out << answer.err;
  EXPECT_NE(answer.out.find("regressed"), std::string::npos) << answer.out;
}

TEST(Native, TheSameProgramAgainstItselfDoesNotAlarm) {
  const Answer answer =
      Tool().Run({"compare", "native", "native", "--filter", "^fork/to:reaped$", "--no-tests"});
  EXPECT_EQ(answer.exit_code, 0) << answer.out << answer.err;
}

TEST(Native, EveryRunHasItsReports) {
  const Tool tool;
  const Answer answer =
      tool.Run({"run", "--cell", "native", "--filter", "^(vfork/to:reaped|Zombie\\..*)$", "--name",
                "n", "--rounds", "12"});
  EXPECT_EQ(answer.exit_code, 0) << answer.out << answer.err;
  const std::filesystem::path folder = store::FindRun(tool.Results(), "n");
  for (const char* file : {"report.html", "report.md", "junit.xml", "results.ktap"}) {
    EXPECT_TRUE(std::filesystem::exists(folder / file)) << file;
  }
  const store::Run run = store::ReadRun(folder);
  EXPECT_TRUE(run.complete);
  EXPECT_GT(run.tests.size(), 3U);
}

TEST(Native, BrokenBenchmarksAreRefusedAndNeverMeasured) {
  for (const char* name : {"broken/refused", "broken/crash"}) {
    const Tool tool;
    const Answer answer =
        tool.Run({"run", "--cell", "native", "--filter", name, "--name", "n", "--rounds", "10"});
    EXPECT_EQ(answer.exit_code, 3) << answer.out << answer.err;
    const store::Run run = store::ReadRun(store::FindRun(tool.Results(), "n"));
    EXPECT_EQ(run.slices.size(), 0U);
    EXPECT_EQ(run.refused.size() + run.losses.size(), 1U) << name;
  }
}

TEST(Native, BrokenTestsAreToldApart) {
  const std::vector<std::pair<std::string, wire::TestVerdict>> verdicts = {
      {"Broken.Fails", wire::TestVerdict::kFail},
      {"Broken.Hangs", wire::TestVerdict::kTimeout},
      {"Broken.Crashes", wire::TestVerdict::kCrash},
      {"Broken.Leaks", wire::TestVerdict::kFail}};
  for (const auto& [test, verdict] : verdicts) {
    const Tool tool;
    const Answer answer = tool.Run({"run", "--cell", "native", "--filter", test, "--name", "n"});
    EXPECT_EQ(answer.exit_code, 1) << answer.out << answer.err;
    const store::Run run = store::ReadRun(store::FindRun(tool.Results(), "n"));
    ASSERT_EQ(run.tests.size(), 1U);
    EXPECT_EQ(run.tests[0].test.verdict, verdict) << run.tests[0].test.reason;
    if (test == "Broken.Leaks") {
      EXPECT_EQ(run.tests[0].test.cause, wire::FailCause::kLeak);
    }
  }
}

TEST(Lists, EachIsThereAsTextAndAsJson) {
  for (const char* what : {"benchmarks", "tests", "cells", "runs"}) {
    const Answer text = Tool().Run({"list", what});
    EXPECT_EQ(text.exit_code, 0) << text.err;
    const Answer json = Tool().Run({"list", what, "--json"});
    EXPECT_EQ(json.exit_code, 0) << json.err;
    EXPECT_TRUE(json.out.starts_with("[")) << json.out.substr(0, 200);
  }
}

}  // namespace
}  // namespace procmark::e2e
