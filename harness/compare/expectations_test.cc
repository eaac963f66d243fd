// SPDX-License-Identifier: MIT
// Expected deviations: parsing, refused files, and how entries change verdicts.
#include "harness/compare/expectations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/compare/comparison.h"
#include "harness/compare/test/synthetic_run.h"
#include "harness/sys/complaint.h"

namespace procmark::compare {
namespace {

using testing::HasSubstr;
using wire::TestVerdict;

constexpr Date kToday = {2026, 11, 21};

std::string Entry(const std::string& where, const std::string& test = "Reparent.*",
                  const std::string& expires = "2027-06-01") {
  return "[[expect]]\ntest = \"" + test + "\"\n" + where +
         "\nreason = \"known\"\nlink = \"https://example.org/1\"\nexpires = " + expires + "\n";
}

std::string Refusal(const std::string& toml) {
  try {
    ParseExpectations(toml, "expectations.toml", kToday);
  } catch (const sys::Complaint& complaint) {
    EXPECT_EQ(complaint.Code(), sys::ExitCode::kUsage);
    return complaint.what();
  }
  return "accepted";
}

store::Run TwoKernels() {
  store::Run run = MakeRun("r", {MakeCell("amd64/debian-5.10/max/exact", store::Clock::kExact),
                                 MakeCell("amd64/debian-6.1/max/exact", store::Clock::kExact)});
  run.cells[0].environment["kernel.release"] = "5.10.0-30-cloud-amd64";
  run.cells[1].environment["kernel.release"] = "6.1.0-44-cloud-amd64";
  return run;
}

TEST(ParseExpectations, ReadsEntries) {
  const Expectations read = ParseExpectations(
      Entry("kernel = \">=5.10 <5.11\"") + Entry("cell = \"arm64/*\"", "Wait.Pidfd"), "f", kToday);
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0].test, "Reparent.*");
  EXPECT_EQ(read[0].kernel->Text(), ">=5.10 <5.11");
  EXPECT_EQ(read[0].cell, "*");
  EXPECT_EQ(read[0].reason, "known");
  EXPECT_EQ(read[0].link, "https://example.org/1");
  EXPECT_EQ(read[0].expires, (Date{2027, 6, 1}));
  EXPECT_EQ(read[0].line, 1);
  EXPECT_FALSE(read[1].kernel.has_value());
  EXPECT_EQ(read[1].cell, "arm64/*");
  EXPECT_TRUE(ParseExpectations("# nothing is expected to fail\n", "f", kToday).empty());
}

TEST(ParseExpectations, RefusesWithFileLineAndRemedy) {
  EXPECT_THAT(Refusal("[[expect]\n"), HasSubstr("expectations.toml:1: "));
  EXPECT_THAT(Refusal(Entry("")), HasSubstr("neither 'kernel' nor 'cell'"));
  EXPECT_THAT(Refusal(Entry("kernel = \"5.10\"")), HasSubstr("not a kernel condition"));
  EXPECT_THAT(Refusal(Entry("kernel = 5.10")), HasSubstr("must be a string"));
  EXPECT_THAT(Refusal(Entry("cell = \"*\"\nkernal = \"<6\"")), HasSubstr("'kernal' is not a key"));
  EXPECT_THAT(Refusal(Entry("cell = \"*\"", " ")), HasSubstr("'test' is empty"));
  EXPECT_THAT(Refusal(Entry("cell = \"*\"", "T.*", "\"2027-06-01\"")),
              HasSubstr("a date without quotes"));
  EXPECT_THAT(Refusal("[[expect]]\ncell = \"*\"\n"), HasSubstr("has no 'test'"));
  EXPECT_THAT(Refusal("[[expected]]\ntest = \"x\"\n"), HasSubstr("'expected' is unknown"));
  EXPECT_THAT(Refusal("expect = 3\n"), HasSubstr("'expect' is unknown"));
}

TEST(ParseExpectations, RefusesAnExpiredEntry) {
  EXPECT_THAT(Refusal(Entry("cell = \"*\"", "T.*", "2026-11-20")),
              HasSubstr("expired on 2026-11-20"));
  EXPECT_EQ(Refusal(Entry("cell = \"*\"", "T.*", "2026-11-21")), "accepted");  // the last day
}

TEST(ApplyExpectations, ChangesFailuresAndPasses) {
  store::Run run = TwoKernels();
  for (const store::Cell& cell : run.cells) {
    for (const TestVerdict verdict : {TestVerdict::kPass, TestVerdict::kFail, TestVerdict::kTimeout,
                                      TestVerdict::kSkip, TestVerdict::kCrash}) {
      AddTest(run, cell.name, std::string("Reparent.") + wire::TestVerdictName(verdict), verdict,
              "seen");
    }
  }
  AddTest(run, run.cells[0].name, "Wait.Other", TestVerdict::kFail);
  const auto expectations = ParseExpectations(Entry("kernel = \">=5.10 <5.11\""), "f", kToday);
  const AppliedExpectations applied = ApplyExpectations(run, expectations);
  std::vector<TestVerdict> verdicts;
  for (const FinalTest& test : applied.tests) verdicts.push_back(test.verdict);
  EXPECT_THAT(verdicts,
              testing::ElementsAre(TestVerdict::kXpass, TestVerdict::kXfail, TestVerdict::kXfail,
                                   TestVerdict::kSkip, TestVerdict::kCrash, TestVerdict::kPass,
                                   TestVerdict::kFail, TestVerdict::kTimeout, TestVerdict::kSkip,
                                   TestVerdict::kCrash, TestVerdict::kFail));
  EXPECT_EQ(applied.tests[1].expectation, "known (https://example.org/1, until 2027-06-01)");
  EXPECT_EQ(applied.tests[1].reason, "seen");
  EXPECT_EQ(applied.tests[6].expectation, "");
  EXPECT_TRUE(applied.warnings.empty());
}

TEST(ApplyExpectations, RequiresKernelAndCellToMatch) {
  store::Run run = TwoKernels();
  for (const store::Cell& cell : run.cells)
    AddTest(run, cell.name, "Reparent.X", TestVerdict::kFail);
  const auto expectations =
      ParseExpectations(Entry("kernel = \">=5\"\ncell = \"*/debian-6.1/*\""), "f", kToday);
  const AppliedExpectations applied = ApplyExpectations(run, expectations);
  EXPECT_EQ(applied.tests[0].verdict, TestVerdict::kFail);
  EXPECT_EQ(applied.tests[1].verdict, TestVerdict::kXfail);
}

TEST(ApplyExpectations, WarnsAboutAnEntryThatMatchesNoTest) {
  store::Run run = TwoKernels();
  AddTest(run, run.cells[0].name, "Wait.X", TestVerdict::kPass);
  const auto expectations = ParseExpectations(Entry("cell = \"*\""), "f", kToday);
  const AppliedExpectations applied = ApplyExpectations(run, expectations);
  ASSERT_EQ(applied.warnings.size(), 1U);
  EXPECT_THAT(applied.warnings[0].sentence, HasSubstr("matches no known test"));
  // The run may have filtered out a known test.
  EXPECT_TRUE(ApplyExpectations(run, expectations, {"Wait.X", "Reparent.Y"}).warnings.empty());
}

TEST(ApplyExpectations, WarnsAboutAnEntryThatIsOutOfDate) {
  store::Run run = TwoKernels();
  AddTest(run, run.cells[0].name, "Reparent.X", TestVerdict::kPass);
  const auto expectations = ParseExpectations(Entry("cell = \"*\""), "f", kToday);
  const AppliedExpectations applied = ApplyExpectations(run, expectations);
  ASSERT_EQ(applied.warnings.size(), 1U);
  EXPECT_THAT(applied.warnings[0].sentence, HasSubstr("out of date"));
}

TEST(ParseExpectations, RefusesWhatTomlPlusPlusCannotBear) {
  try {
    (void)ParseExpectations("\n[?a]", "f", kToday);
    ADD_FAILURE() << "it was taken";
  } catch (const sys::Complaint& complaint) {
    EXPECT_THAT(complaint.what(), HasSubstr("f:2: a table's name cannot begin with '?'"));
  }
}

TEST(ApplyExpectations, WarnsIfTheKernelReleaseIsUnknown) {
  store::Run run = MakeRun("r", {MakeCell("native", store::Clock::kWall)});
  AddTest(run, "native", "Reparent.X", TestVerdict::kFail);
  const auto expectations = ParseExpectations(Entry("kernel = \"<99.0\""), "f", kToday);
  const AppliedExpectations applied = ApplyExpectations(run, expectations);
  EXPECT_EQ(applied.tests[0].verdict, TestVerdict::kFail);
  ASSERT_EQ(applied.warnings.size(), 1U);
  EXPECT_THAT(applied.warnings[0].sentence,
              HasSubstr("expectations with a kernel range cannot apply"));
}

}  // namespace
}  // namespace procmark::compare
