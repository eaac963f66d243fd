// SPDX-License-Identifier: MIT
// RunNativeProgram against small shell scripts that behave well and badly.
#include "harness/cell/native_program.h"

#include <gtest/gtest.h>

#include <fstream>

#include "harness/sys/temp_dir.h"

namespace procmark::cell {
namespace {

constexpr const char* kHello = R"({"type":"hello","wire":1,"program":"bench","arch":"amd64"})";
constexpr const char* kSkip = R"({"type":"skip","benchmark":"b","reason":"r"})";

std::string Say(const std::string& line) { return "echo '" + line + "' >&3\n"; }
std::string SayDone(int events) {
  return Say(R"({"type":"done","program":"bench","events":)" + std::to_string(events) + "}");
}

struct Ran {
  ProgramOutcome outcome;
  std::vector<wire::Event> events;
  std::optional<store::LossKind> LossKind() const {
    const std::optional<ProgramLoss> loss = LossOf(outcome, "it");
    return loss ? std::optional(loss->kind) : std::nullopt;
  }
};

Ran RunScript(const std::string& script, long long deadline_ms = 60'000) {
  Ran ran;
  ran.outcome = RunNativeProgram({"/bin/sh", "-c", script}, sys::Deadline::After(deadline_ms), true,
                                 [&](const wire::Event& event) { ran.events.push_back(event); });
  return ran;
}

TEST(RunNativeProgram, HandsOverEachEventAndTheEnd) {
  const Ran ran = RunScript(Say(kHello) + Say(kSkip) + SayDone(2));
  EXPECT_EQ(ran.events.size(), 2U);
  EXPECT_TRUE(ran.outcome.done);
  EXPECT_EQ(ran.LossKind(), std::nullopt);
}

TEST(RunNativeProgram, AMissingEventIsLost) {
  EXPECT_EQ(RunScript(Say(kHello) + SayDone(2)).LossKind(), store::LossKind::kLost);
}

TEST(RunNativeProgram, AnEndWithoutDoneIsLostAndShowsWhatWasPrinted) {
  const Ran ran = RunScript(Say(kHello) + "echo no luck >&2; exit 3");
  EXPECT_EQ(ran.LossKind(), store::LossKind::kLost);
  EXPECT_NE(LossOf(ran.outcome, "it")->sentence.find("exit status 3"), std::string::npos);
  EXPECT_NE(LossOf(ran.outcome, "it")->sentence.find("no luck"), std::string::npos);
}

TEST(RunNativeProgram, ADeathBySignalIsACrash) {
  const Ran ran = RunScript(Say(kHello) + "kill -SEGV $$");
  EXPECT_EQ(ran.LossKind(), store::LossKind::kCrash);
  EXPECT_NE(LossOf(ran.outcome, "it")->sentence.find("SIGSEGV"), std::string::npos);
}

TEST(RunNativeProgram, AHangEndsAtTheDeadline) {
  // The script blocks in opening a fifo that nobody writes; its deadline has passed before it
  // began.
  const sys::TempDir folder = sys::TempDir::Create().Value();
  const std::string fifo = (folder.Path() / "fifo").string();
  const Ran ran = RunScript("mkfifo " + fifo + "; read never <" + fifo, 0);
  EXPECT_EQ(ran.LossKind(), store::LossKind::kTimeout);
}

TEST(RunNativeProgram, GarbageIsLostAndQuoted) {
  const Ran ran = RunScript(Say(kHello) + Say("what is this") + SayDone(1));
  EXPECT_EQ(ran.LossKind(), store::LossKind::kLost);
  EXPECT_NE(LossOf(ran.outcome, "it")->sentence.find("what is this"), std::string::npos);
}

TEST(RunNativeProgram, DoesNotWaitForAGrandchildThatKeepsThePipes) {
  // The grandchild lives until the fifo gets a writer, which is after RunNativeProgram has
  // returned.
  const sys::TempDir folder = sys::TempDir::Create().Value();
  const std::string fifo = (folder.Path() / "fifo").string();
  const Ran ran =
      RunScript("mkfifo " + fifo + "; (read x <" + fifo + ") & " + Say(kHello) + SayDone(1));
  EXPECT_EQ(ran.LossKind(), std::nullopt);
  std::ofstream(fifo) << "end\n";
}

}  // namespace
}  // namespace procmark::cell
