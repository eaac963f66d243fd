// SPDX-License-Identifier: MIT
// The guest's own parsing and record keeping, tested on the host.
#include "images/guest/job.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "harness/wire/stream.h"
#include "images/guest/boot_facts.h"
#include "images/guest/kernel_symbols.h"
#include "images/guest/records.h"

namespace procmark::guest {
namespace {

TEST(Job, ParsesWhatTheHarnessWrites) {
  const Job job = Job::Parse(
      R"({"settle_ms":5000,"fault":"panic","programs":[{"argv":["/procmark/bench","-x"],)"
      R"("deadline_ms":60000}]}      )"
      "\n");
  EXPECT_EQ(job.settle_ms, 5000);
  EXPECT_EQ(job.fault, Fault::kPanic);
  ASSERT_EQ(job.programs.size(), 1U);
  EXPECT_EQ(job.programs[0].argv, (std::vector<std::string>{"/procmark/bench", "-x"}));
  EXPECT_EQ(job.programs[0].deadline_ms, 60000);
  EXPECT_EQ(Job::Parse(R"({"settle_ms":0,"programs":[]})").fault, Fault::kNone);
}

TEST(Job, RefusesOthers) {
  for (const char* text : {"", "{}", "[]", R"({"settle_ms":-1,"programs":[]})",
                           R"({"settle_ms":1})", R"({"settle_ms":1,"fault":"fire","programs":[]})",
                           R"({"settle_ms":1,"programs":[{"argv":[],"deadline_ms":1}]})",
                           R"({"settle_ms":1,"programs":[{"argv":["bench"],"deadline_ms":1}]})",
                           R"({"settle_ms":1,"programs":[{"argv":["/b"],"deadline_ms":0}]})",
                           R"({"settle_ms":1,"programs":[{"argv":["/b"]}]})"}) {
    EXPECT_THROW(Job::Parse(text), std::runtime_error) << text;
  }
}

TEST(CodeSymbols, KeepsCodeAndWhatEndsIt) {
  CodeSymbols symbols;
  EXPECT_FALSE(symbols.Keep("0000000000000000 A fixed_percpu_data"));
  EXPECT_TRUE(symbols.Keep("ffffffff81000000 T _stext"));
  EXPECT_TRUE(symbols.Keep("ffffffff81000010 t local"));
  EXPECT_TRUE(symbols.Keep("ffffffff82000000 R __start_rodata"));
  EXPECT_FALSE(symbols.Keep("ffffffff82000008 R other"));
  EXPECT_TRUE(symbols.Keep("ffffffff83000000 W weak"));
  EXPECT_TRUE(symbols.Keep("ffffffffc0001000 d data\t[lab]"));
  EXPECT_FALSE(symbols.Keep(""));
  EXPECT_FALSE(symbols.Keep("ffffffff81000000 "));
}

TEST(CommandLineValue, FindsTheLastOne) {
  const std::string line = "quiet procmark.channel=/dev/ttyS1 x=1 procmark.channel=debugcon:0xe9\n";
  EXPECT_EQ(CommandLineValue(line, "procmark.channel"), "debugcon:0xe9");
  EXPECT_EQ(CommandLineValue(line, "x"), "1");
  EXPECT_EQ(CommandLineValue(line, "quiet"), "");
  EXPECT_EQ(CommandLineValue("", "x"), "");
}

class Memory : public Channel {
 public:
  sys::Result<void> Send(std::string_view bytes) override {
    if (broken) return sys::Error{"write", EIO};
    sent += bytes;
    return {};
  }
  void Break() override { broken = true; }
  std::string sent;
  bool broken = false;
};

TEST(Records, CountsAllLinesAndKeepsEventsOnTheirOwn) {
  Memory memory;
  Records records(memory);
  records.Send(wire::ProgramStart{.index = 0});
  records.Relay("{\"a\":1}\n{\"half");
  records.Send(wire::ProgramEnd{.index = 0, .status = 9});
  EXPECT_EQ(records.Lines(), 4);
  int events = 0;
  int garbage = 0;
  wire::EventReader reader([&](const wire::Event&) { ++events; },
                           [&](const std::string&) { ++garbage; });
  reader.Feed(memory.sent);
  reader.End();
  EXPECT_EQ(events, 2);
  EXPECT_EQ(garbage, 2);
}

TEST(Records, MuteSendsNothingMoreAndBrokenChannelsThrow) {
  Memory memory;
  Records records(memory);
  records.Send(wire::ProgramStart{.index = 0});
  const std::string before = memory.sent;
  records.Mute();
  records.Send(wire::Done{.program = "init", .events = 1});
  EXPECT_EQ(memory.sent, before);
  Memory broken;
  Records lost(broken);
  lost.BreakChannel();
  EXPECT_THROW(lost.Send(wire::ProgramStart{.index = 0}), std::runtime_error);
}

}  // namespace
}  // namespace procmark::guest
