// SPDX-License-Identifier: MIT
// The tracker, led through blocks as a kernel would execute them.
#include "harness/explain/plugin/tracker.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <string>

namespace procmark::explain {
namespace {

// Functions of a made kernel, 0x100 bytes each.
enum : uint32_t {
  kEntry = kFirstFunction,
  kFault,
  kTimer,
  kOuter,
  kInner,
  kThunk,
  kSwitch,
  kBirth
};
constexpr uint64_t kKernel = 0xffff800000000000;
constexpr uint64_t kClock = 0x1000;  // in user space, as everything below kKernel

uint64_t AddressOf(uint32_t function) { return kKernel + (function - kFirstFunction) * 0x100; }

CodeMap MadeMap() {
  CodeMap map;
  map.kernel = {kKernel, ~uint64_t{0}};
  map.stack_switch = {AddressOf(kSwitch), AddressOf(kSwitch) + 0x100};
  for (uint32_t function = kEntry; function <= kBirth; ++function) {
    map.starts.push_back({AddressOf(function), function});
  }
  const auto point = [&](uint32_t function, Entry entry) {
    map.entries.push_back({{AddressOf(function), AddressOf(function) + 1}, 0, entry});
  };
  point(kEntry, Entry::kSystemCall);
  point(kFault, Entry::kException);
  point(kTimer, Entry::kInterrupt);
  return map;
}

// A guest that executes what it is told to, four bytes an instruction.
class Guest {
 public:
  Guest() : file_(::open_memstream(&bytes_, &size_)), writer_(file_, "x86_64") {}
  ~Guest() { std::free(bytes_); }
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  // Executes `count` instructions, the last of which does what `flow` says.
  Guest& Run(uint64_t address, uint32_t count, Flow flow = Flow::kOther) {
    Enter(Made(address, count, flow), count);
    return *this;
  }
  // The same, but the `begun`th instruction is the last that is begun.
  Guest& Stop(uint64_t address, uint32_t count, uint32_t begun) {
    Enter(Made(address, count, Flow::kOther), begun);
    return *this;
  }
  // One iteration of a string instruction that stores `bytes`.
  Guest& Iterate(uint64_t address, int64_t bytes) {
    Block& block = Made(address, 1, Flow::kOther);
    block.repeats = true;
    Enter(block, 1);
    if (bytes > 0) tracker_.StringAccess(true, bytes);
    return *this;
  }
  Guest& ReadClock() {
    Run(kClock, 1);
    tracker_.ReadsClock(kClock);
    return *this;
  }
  // Switches from the task whose structure is at `from` to the one at `to`.
  Guest& Switch(uint64_t from, uint64_t to) {
    Run(AddressOf(kSwitch), 2, Flow::kReturn);
    tracker_.SwitchSaves(from);
    tracker_.SwitchLoads(to);
    return *this;
  }

  Profile Finish() {
    tracker_.Finish(started_);
    return ReadProfile({bytes_, size_});
  }

 private:
  Block& Made(uint64_t address, uint32_t count, Flow flow) {
    Block& block = blocks_.emplace_back();
    block.begin = address;
    block.end = address + 4 * count;
    block.instructions = count;
    block.mode = map_.ModeOf(address);
    block.entry = map_.EntryAt(address);
    block.begins_function = map_.IsStart(address);
    block.flow = flow;
    const CodeRun run{map_.FunctionAt(address), address, std::vector<uint8_t>(count, 4)};
    for (uint32_t i = 0; i < count; ++i) block.addresses.push_back(address + 4 * i);
    writer_.Add(run);
    block.parts.push_back({runs_++, count, run.function});
    return block;
  }
  void Enter(const Block& block, uint64_t begun) {
    tracker_.Enter(block, started_, 0);
    started_ += begun;
  }

  const CodeMap map_ = MadeMap();
  char* bytes_ = nullptr;
  size_t size_ = 0;
  std::FILE* file_;
  ProfileWriter writer_;
  Tracker tracker_{map_, true, writer_};
  std::deque<Block> blocks_;
  uint32_t runs_ = 0;
  uint64_t started_ = 0;
};

std::string PathOf(const Profile& profile, uint32_t node) {
  static const std::map<uint32_t, std::string> kNames = {
      {kUserSpace, "user"}, {kEntry, "entry"},   {kFault, "fault"},
      {kTimer, "timer"},    {kOuter, "outer"},   {kInner, "inner"},
      {kThunk, "thunk"},    {kSwitch, "switch"}, {kBirth, "birth"}};
  static const std::map<How, std::string> kMarks = {{How::kCall, ""},       {How::kJump, ">"},
                                                    {How::kException, "!"}, {How::kInterrupt, "*"},
                                                    {How::kSystemCall, ""}, {How::kUnseen, "?"}};
  if (node == 0) return "";
  const PathNode& at = profile.nodes[node];
  const std::string parent = PathOf(profile, at.parent);
  return parent + (parent.empty() ? "" : "/") + kMarks.at(at.how) + kNames.at(at.function);
}

using Counts = std::map<std::string, int64_t>;

Counts CountsOf(const Profile& profile) {
  Counts counts;
  for (const Segment& segment : profile.segments) {
    for (const SpotCount& count : segment.counts) {
      const Spot& spot = profile.spots[count.spot];
      counts[PathOf(profile, spot.node)] += count.times * spot.executed;
    }
  }
  return counts;
}

std::vector<std::string> CutsOf(const Profile& profile) {
  const std::map<Cut, std::string> names = {{Cut::kClock, "clock"},
                                            {Cut::kEnter, "enter"},
                                            {Cut::kLeave, "leave"},
                                            {Cut::kSwitch, "switch"}};
  std::vector<std::string> cuts;
  for (const Segment& segment : profile.segments) {
    cuts.push_back(names.at(segment.cut) + " " + std::to_string(segment.task) + " " +
                   std::to_string(Instructions(profile, segment)));
  }
  return cuts;
}

TEST(Tracker, FollowsCallsAndReturns) {
  Guest guest;
  guest.ReadClock().Run(0x2000, 3, Flow::kSystemCall);
  guest.Run(AddressOf(kEntry), 5, Flow::kCall);
  guest.Run(AddressOf(kOuter), 7, Flow::kCall);
  guest.Run(AddressOf(kInner), 11, Flow::kReturn);
  guest.Run(AddressOf(kOuter) + 28, 13, Flow::kReturn);
  guest.Run(AddressOf(kEntry) + 20, 17, Flow::kTrapReturn);
  guest.Run(0x3000, 2).ReadClock();
  const Profile profile = guest.Finish();
  EXPECT_EQ(CountsOf(profile),
            (Counts{{"user", 6}, {"entry", 22}, {"entry/outer", 20}, {"entry/outer/inner", 11}}));
  EXPECT_EQ(CutsOf(profile), (std::vector<std::string>{"clock 0 3", "enter 0 53", "leave 0 3"}));
}

TEST(Tracker, TailCallsAndRetpolinesAreOnePath) {
  Guest guest;
  guest.ReadClock().Run(0x2000, 1, Flow::kSystemCall);
  guest.Run(AddressOf(kEntry), 1, Flow::kCall);
  // A retpoline: a call inside the thunk, whose return address is replaced by the target's.
  guest.Run(AddressOf(kThunk), 1, Flow::kCall).Run(AddressOf(kThunk) + 16, 2, Flow::kReturn);
  guest.Run(AddressOf(kOuter), 3).Run(AddressOf(kInner), 5);  // outer jumps to inner
  guest.Run(AddressOf(kOuter) + 64, 7, Flow::kReturn);        // and that back into outer
  guest.Run(AddressOf(kEntry) + 4, 11);
  EXPECT_EQ(CountsOf(guest.Finish()), (Counts{{"user", 1},
                                              {"entry", 12},
                                              {"entry/thunk", 3},
                                              {"entry/thunk/>outer", 10},
                                              {"entry/thunk/>outer/>inner", 5}}));
}

TEST(Tracker, AReturnMaySkipCallers) {
  Guest guest;
  guest.ReadClock().Run(0x2000, 1, Flow::kSystemCall);
  guest.Run(AddressOf(kEntry), 1, Flow::kCall).Run(AddressOf(kOuter), 1, Flow::kCall);
  guest.Run(AddressOf(kInner), 1, Flow::kReturn).Run(AddressOf(kEntry) + 4, 9);
  EXPECT_EQ(CountsOf(guest.Finish())["entry"], 10);
}

TEST(Tracker, AFaultBelongsToItsPlaceAndAnInterruptToNobody) {
  Guest guest;
  guest.ReadClock().Run(0x2000, 1, Flow::kSystemCall);
  guest.Run(AddressOf(kEntry), 1, Flow::kCall);
  guest.Stop(AddressOf(kOuter), 8, 5);  // the fifth instruction faults
  guest.Run(AddressOf(kFault), 100, Flow::kTrapReturn);
  guest.Run(AddressOf(kOuter) + 16, 4);  // and is executed again
  guest.Run(AddressOf(kTimer), 200, Flow::kTrapReturn);
  guest.Run(AddressOf(kOuter) + 32, 2);
  EXPECT_EQ(CountsOf(guest.Finish()), (Counts{{"user", 1},
                                              {"entry", 1},
                                              {"entry/outer", 10},
                                              {"entry/outer/!fault", 100},
                                              {"*timer", 200}}));
}

TEST(Tracker, AFaultAtTheEndOfABlockIsTakenBack) {
  Guest guest;
  guest.ReadClock().Run(0x2000, 3);
  guest.Run(AddressOf(kFault), 10, Flow::kTrapReturn).Run(0x2008, 1);   // again: it had faulted
  guest.Run(AddressOf(kFault), 10, Flow::kTrapReturn).Run(0x200c, 20);  // the next one's page
  EXPECT_EQ(CountsOf(guest.Finish()), (Counts{{"user", 2 + 1 + 20}, {"!fault", 20}}));
}

TEST(Tracker, ADeviceEndsABlockEarly) {
  Guest guest;
  guest.ReadClock().Run(0x2000, 1, Flow::kSystemCall);
  guest.Stop(AddressOf(kEntry), 8, 3).Run(AddressOf(kEntry) + 12, 5);
  EXPECT_EQ(CountsOf(guest.Finish())["entry"], 8);
}

TEST(Tracker, AProgramMayFaultBeforeItsFirstInstruction) {
  Guest guest;
  guest.ReadClock().Run(0x2000, 1, Flow::kSystemCall);
  guest.Run(AddressOf(kEntry), 4, Flow::kTrapReturn);
  guest.Run(AddressOf(kFault), 10, Flow::kTrapReturn);
  guest.Run(0x2004, 1);
  const Profile profile = guest.Finish();
  EXPECT_EQ(CountsOf(profile), (Counts{{"user", 2}, {"entry", 4}, {"!fault", 10}}));
  EXPECT_EQ(CutsOf(profile), (std::vector<std::string>{"clock 0 1", "enter 0 4", "leave 0 0",
                                                       "enter 0 10", "leave 0 1"}));
}

TEST(Tracker, TasksKeepTheirPaths) {
  Guest guest;
  guest.ReadClock().Run(0x2000, 1, Flow::kSystemCall);
  guest.Run(AddressOf(kEntry), 1, Flow::kCall).Run(AddressOf(kOuter), 1, Flow::kCall);
  guest.Switch(0x10, 0x20);  // a new task: it begins where new tasks begin
  guest.Run(AddressOf(kBirth), 30, Flow::kCall).Run(AddressOf(kInner), 40, Flow::kCall);
  guest.Switch(0x20, 0x10);  // back: the first goes on behind its call
  guest.Run(AddressOf(kOuter) + 4, 50);
  const Profile profile = guest.Finish();
  EXPECT_EQ(CountsOf(profile), (Counts{{"user", 1},
                                       {"entry", 1},
                                       {"entry/outer", 51},
                                       {"entry/outer/switch", 2},
                                       {"birth", 30},
                                       {"birth/inner", 40},
                                       {"birth/inner/switch", 2}}));
  EXPECT_EQ(CutsOf(profile),
            (std::vector<std::string>{"clock 0 1", "enter 0 4", "switch 1 72", "switch 0 50"}));
  EXPECT_TRUE(profile.segments[2].seen_born);
  EXPECT_FALSE(profile.segments[3].seen_born);
}

TEST(Tracker, ATaskThatWasNotSeenBeginningIsNamedAfterWhereItGoesOn) {
  Guest guest;
  guest.ReadClock().Run(0x2000, 1, Flow::kSystemCall).Run(AddressOf(kEntry), 1, Flow::kCall);
  guest.Switch(0x10, 0x30).Run(AddressOf(kOuter) + 8, 6);
  EXPECT_EQ(CountsOf(guest.Finish())["?outer"], 6);
}

TEST(Tracker, StringInstructionsArePassesOfIterations) {
  Guest guest;
  guest.ReadClock().Run(0x2000, 1, Flow::kSystemCall);
  guest.Run(AddressOf(kEntry), 1, Flow::kCall);
  const uint64_t set = AddressOf(kOuter);
  guest.Iterate(set, 8).Iterate(set, 8);
  guest.Run(AddressOf(kTimer), 9, Flow::kTrapReturn);  // in the middle of it
  guest.Iterate(set, 8).Iterate(set, 0);               // the last one only sees that it is done
  guest.Run(set + 4, 1, Flow::kReturn).Run(AddressOf(kEntry) + 4, 1, Flow::kCall);
  guest.Iterate(set, 8).Iterate(set, 0).Run(set + 4, 1, Flow::kReturn);
  const Profile profile = guest.Finish();
  EXPECT_EQ(CountsOf(profile)["entry/outer"], 8);
  StringCount sum;
  for (const Segment& segment : profile.segments) {
    for (const StringCount& count : segment.strings) {
      sum.iterations += count.iterations;
      sum.passes += count.passes;
      sum.bytes_written += count.bytes_written;
    }
  }
  EXPECT_EQ(sum.iterations, 6);
  EXPECT_EQ(sum.passes, 2);
  EXPECT_EQ(sum.bytes_written, 32);
}

TEST(Tracker, NothingIsKeptBeforeTheFirstReadOfTheClock) {
  Guest guest;
  guest.Run(0x2000, 1000).ReadClock().Run(0x3000, 2);
  EXPECT_EQ(CountsOf(guest.Finish()), (Counts{{"user", 2}}));
}

}  // namespace
}  // namespace procmark::explain
