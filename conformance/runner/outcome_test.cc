// SPDX-License-Identifier: MIT
// The verdicts that follow from records.
#include "conformance/runner/outcome.h"

#include <gtest/gtest.h>

#include <csignal>

#include "conformance/runner/surroundings.h"

namespace procmark::conformance {
namespace {

using wire::FailCause;
using wire::TestVerdict;

using Kind = ReportRecord::Kind;

Evidence Whole(std::vector<ReportRecord> records) {
  Evidence evidence;
  evidence.records = std::move(records);
  evidence.records.push_back({Kind::kEnd, "", 1234});
  evidence.records.push_back({Kind::kStatus, "", 0});
  return evidence;
}

TEST(Record, RoundTrip) {
  const ReportRecord record{Kind::kLeak, "line\n\"quoted\" \x01", 7};
  const std::string line = EncodeRecord(record);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const auto back = DecodeRecord(line);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->kind, record.kind);
  EXPECT_EQ(back->text, record.text);
  EXPECT_EQ(back->number, 7);
}

TEST(Record, GarbageIsNoRecord) {
  EXPECT_FALSE(DecodeRecord("{"));
  EXPECT_FALSE(DecodeRecord("[]"));
  EXPECT_FALSE(DecodeRecord(R"({"kind":"unheard of"})"));
  EXPECT_FALSE(DecodeRecord(R"({"kind":3})"));
}

TEST(Judge, PassKeepsTheBodysTime) {
  const Outcome outcome = Judge(Whole({}));
  EXPECT_EQ(outcome.verdict, TestVerdict::kPass);
  EXPECT_EQ(outcome.reason, "");
  EXPECT_EQ(outcome.duration_ns, 1234);
}

TEST(Judge, FailureWinsOverLeakAndSkip) {
  const Outcome outcome = Judge(
      Whole({{Kind::kSkip, "not here"}, {Kind::kFailure, "1 is not 2"}, {Kind::kLeak, "pid 3"}}));
  EXPECT_EQ(outcome.verdict, TestVerdict::kFail);
  EXPECT_EQ(outcome.cause, FailCause::kAssertion);
  EXPECT_NE(outcome.reason.find("1 is not 2"), std::string::npos);
  EXPECT_NE(outcome.reason.find("pid 3"), std::string::npos);
}

TEST(Judge, AnExcuseTurnsAFailureIntoASkipThatShowsBoth) {
  Evidence evidence = Whole({{Kind::kFailure, "1 is not 2"}});
  evidence.excuse = "this machine refuses clone3(2)";
  const Outcome outcome = Judge(evidence);
  EXPECT_EQ(outcome.verdict, TestVerdict::kSkip);
  EXPECT_EQ(outcome.cause, FailCause::kNone);
  EXPECT_NE(outcome.reason.find("refuses clone3(2)"), std::string::npos);
  EXPECT_NE(outcome.reason.find("1 is not 2"), std::string::npos);
}

TEST(Judge, AnExcuseDoesNotChangeAPass) {
  Evidence evidence = Whole({});
  evidence.excuse = "this machine refuses clone3(2)";
  EXPECT_EQ(Judge(evidence).verdict, TestVerdict::kPass);
}

TEST(Surroundings, ARefusalExcusesOnlyTestsThatMetIt) {
  Surroundings surroundings;
  surroundings.no_clone3 = "no clone3";
  surroundings.no_ptrace = "no ptrace";
  const RefusalNotes met_none;
  EXPECT_EQ(surroundings.Excuse(met_none), "");
  const RefusalNotes met_ptrace;
  met_ptrace.Use();
  NoteRefusal(Refusal::kPtrace);
  EXPECT_EQ(surroundings.Excuse(met_ptrace), "no ptrace");
}

TEST(Surroundings, ARefusalThatIsNotGeneralIsNoExcuse) {
  const RefusalNotes notes;
  notes.Use();
  NoteRefusal(Refusal::kClone3);
  EXPECT_EQ(Surroundings().Excuse(notes), "");
}

TEST(Judge, LeakWinsOverSkip) {
  const Outcome outcome = Judge(Whole({{Kind::kSkip, "not here"}, {Kind::kLeak, "pid 3"}}));
  EXPECT_EQ(outcome.verdict, TestVerdict::kFail);
  EXPECT_EQ(outcome.cause, FailCause::kLeak);
}

TEST(Judge, SkipAlwaysHasAReason) {
  EXPECT_EQ(Judge(Whole({{Kind::kSkip, ""}})).reason, "no reason given");
}

TEST(Judge, MissingEndIsACrashWhateverTheStatus) {
  Evidence evidence;
  evidence.records = {{Kind::kStatus, "", 0}};
  EXPECT_EQ(Judge(evidence).verdict, TestVerdict::kCrash);
  evidence.records = {{Kind::kStatus, "", SIGSEGV}};
  EXPECT_EQ(Judge(evidence).verdict, TestVerdict::kCrash);
  EXPECT_NE(Judge(evidence).reason.find("SIGSEGV"), std::string::npos);
}

TEST(Judge, NothingAtAllIsACrashOfTheReaper) {
  Evidence evidence;
  evidence.reaper_status = SIGKILL;
  EXPECT_EQ(Judge(evidence).verdict, TestVerdict::kCrash);
  EXPECT_NE(Judge(evidence).reason.find("reaper"), std::string::npos);
}

TEST(Judge, TimeoutNamesTasksAndKeepsFailures) {
  Evidence evidence;
  evidence.records = {{Kind::kFailure, "1 is not 2"}, {Kind::kTimeout, "pid 5 state D"}};
  const Outcome outcome = Judge(evidence);
  EXPECT_EQ(outcome.verdict, TestVerdict::kTimeout);
  EXPECT_NE(outcome.reason.find("pid 5 state D"), std::string::npos);
  EXPECT_NE(outcome.reason.find("1 is not 2"), std::string::npos);
}

TEST(Judge, InformationalFailureIsShownAsSkip) {
  Evidence evidence = Whole({{Kind::kFailure, "order differs"}});
  evidence.informational = true;
  EXPECT_EQ(Judge(evidence).verdict, TestVerdict::kSkip);
  EXPECT_NE(Judge(evidence).reason.find("order differs"), std::string::npos);
}

}  // namespace
}  // namespace procmark::conformance
