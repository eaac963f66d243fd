// SPDX-License-Identifier: MIT
// From a profile to an explanation: samples are found, and every instruction is in its place.
#include "harness/explain/explanation.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "harness/explain/explanation_json.h"
#include "harness/explain/function_table.h"
#include "harness/explain/sample_match.h"
#include "harness/explain/stacks.h"
#include "harness/explain/test/synthetic_profile.h"

namespace procmark::explain {
namespace {

constexpr int64_t kLoop = 40;

// One warm-up, two samples, one operation after them.
SyntheticProfile MadeSlice() {
  SyntheticProfile profile;
  for (uint32_t child = 1; child <= 4; ++child) {
    AddFork(child, kLoop, profile);
    profile.Cut(Cut::kClock, 0, Mode::kUser).RunProgram(7);
  }
  return profile;
}

wire::Slice SliceOf(const std::vector<int64_t>& samples) {
  wire::Slice slice;
  slice.benchmark = "fork/to:reaped";
  slice.from = "call";
  slice.to = "reaped";
  slice.unit = "instructions";
  slice.warmups = 1;
  slice.samples = samples;
  return slice;
}

Explanation Explained() {
  static const SyntheticProfile profile = MadeSlice();
  const wire::Slice slice = SliceOf({1000, 1000});
  return Explain({slice, profile.Made(), profile.Symbols(), NoInlinedFunctions()});
}

int64_t ElapsedOf(const Explanation& explanation, const std::string& path) {
  const std::map<std::string, int64_t> stacks = StackCounts(explanation);
  const auto found = stacks.find(path);
  return found == stacks.end() ? 0 : found->second;
}

TEST(MatchSamples, FindsTheSamplesBehindTheWarmups) {
  const SyntheticProfile profile = MadeSlice();
  const std::vector<SampleSpan> spans = MatchSamples(profile.Made(), {1000, 1000}, 1, 1);
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(spans[0].begin, 10U);  // a fork is nine segments, and one is between two
  EXPECT_EQ(spans[0].counted, 1000);
  EXPECT_EQ(spans[1].begin, 20U);
}

TEST(MatchSamples, RefusesOtherSamples) {
  const SyntheticProfile profile = MadeSlice();
  EXPECT_THROW((void)MatchSamples(profile.Made(), {1000, 1001}, 1, 1), std::runtime_error);
  EXPECT_THROW((void)MatchSamples(profile.Made(), std::vector<int64_t>(5, 1000), 1, 1),
               std::runtime_error);
  EXPECT_NO_THROW((void)MatchSamples(profile.Made(), {1000, 1001}, 2, 1));  // a coarse clock
}

TEST(MatchSamples, TimeWithoutWorkMayBeInASample) {
  SyntheticProfile profile;
  profile.Cut(Cut::kClock, 0, Mode::kUser).RunProgram(10).Idle();
  profile.Cut(Cut::kClock, 0, Mode::kUser);
  const std::vector<SampleSpan> spans = MatchSamples(profile.Made(), {5000}, 1, 0);
  EXPECT_EQ(spans[0].counted, 10);
  EXPECT_EQ(spans[0].idles, 1);
  EXPECT_THROW((void)MatchSamples(profile.Made(), {9}, 1, 0), std::runtime_error);
}

TEST(MatchSamples, TheLowerQuartileIsTheFirstOfItsValue) {
  EXPECT_EQ(LowerQuartileSample({9, 5, 7, 5, 8}), 1U);
  EXPECT_EQ(LowerQuartileSample({3}), 0U);
}

TEST(Explanation, EveryPathHasItsInstructions) {
  const Explanation explanation = Explained();
  EXPECT_EQ(explanation.sample, 1000);
  EXPECT_EQ(Total(explanation).elapsed, 1000);
  const std::string copy =
      "caller;entry_SYSCALL_64;do_syscall_64;kernel_clone;copy_process;dup_mmap";
  EXPECT_EQ(ElapsedOf(explanation, copy), 100 + kLoop);
  EXPECT_EQ(ElapsedOf(explanation, copy + ";__pte_alloc;alloc_pages;clear_page_erms"), 200);
  EXPECT_EQ(ElapsedOf(explanation, "caller;[user space]"), 25);
  EXPECT_EQ(ElapsedOf(explanation, "child;[user space]"), 5);
  EXPECT_EQ(ElapsedOf(explanation, "child;ret_from_fork;schedule_tail"), 30);
  EXPECT_EQ(ElapsedOf(explanation, "[interrupts];asm_sysvec_apic_timer_interrupt"), 60);
}

TEST(Explanation, AStringInstructionRetiresOnce) {
  const Cost total = Total(Explained());
  EXPECT_EQ(total.retired, 1000 - 199);
  EXPECT_EQ(total.bytes_set, 1600);
}

TEST(Explanation, StagesFollowTheEdges) {
  const Explanation explanation = Explained();
  EXPECT_EQ(explanation.stages,
            (std::vector<std::string>{"call -> parent_return", "parent_return -> child_start",
                                      "child_start -> child_exit", "child_exit -> reaped"}));
  std::vector<int64_t> elapsed;
  for (size_t stage = 0; stage < explanation.stages.size(); ++stage) {
    int64_t sum = 0;
    for (const TreeNode& node : explanation.tree.nodes) sum += node.self[stage].elapsed;
    elapsed.push_back(sum);
  }
  EXPECT_EQ(elapsed, (std::vector<int64_t>{460 + kLoop, 75, 5, 460 - kLoop}));
}

TEST(Explanation, PhasesHoldEverythingOnce) {
  const Explanation explanation = Explained();
  Cost sum;
  std::map<std::string, Cost> phases;
  for (const PhaseCost& phase : PhasesOf(explanation.tree)) {
    sum += phase.all;
    phases[phase.phase] = phase.all;
    if (phase.phase == "copy_mm") {
      EXPECT_EQ(phase.in_allocator.elapsed, 200);
    }
  }
  EXPECT_EQ(sum, Total(explanation));
  EXPECT_EQ(phases["copy_mm"].elapsed, 300 + kLoop);
  EXPECT_EQ(phases["rest of copy_process"].elapsed, 100);
  EXPECT_EQ(phases["exit_mm"].elapsed, 150);
  EXPECT_EQ(phases["release_task"].elapsed, 240 - kLoop);
  EXPECT_EQ(phases["context switch"].elapsed, 40);
  EXPECT_EQ(phases["schedule_tail"].elapsed, 30);
  EXPECT_EQ(phases["interrupts"].elapsed, 60);
  EXPECT_EQ(phases["user space"].elapsed, 30);
}

TEST(Explanation, FunctionsCountTheirCalls) {
  const std::vector<FunctionCost> functions = FunctionsOf(Explained().tree);
  EXPECT_EQ(functions.front().function, "clear_page_erms");
  for (const FunctionCost& function : functions) {
    if (function.function == "dup_mmap") {
      EXPECT_EQ(function.calls, 1);
    }
  }
}

TEST(Explanation, TheLoopIsInTheCode) {
  for (const CodeCount& code : Explained().code) {
    if (code.function != "dup_mmap" || code.offset != 0x80) continue;
    EXPECT_EQ(code.times, kLoop);
    EXPECT_EQ(code.instructions, 1);
    return;
  }
  FAIL() << "the loop is not there";
}

TEST(Explanation, PartsThatDoNotAddUpAreRefused) {
  Explanation explanation = Explained();
  EXPECT_NO_THROW(CheckSum(explanation));
  explanation.tree.nodes.back().self.front().elapsed += 1;
  EXPECT_THROW(CheckSum(explanation), std::runtime_error);
}

TEST(Explanation, ThunksAndEntryLabelsAreLeaves) {
  SyntheticProfile profile;
  profile.Cut(Cut::kClock, 0, Mode::kUser).RunProgram(1);
  profile.Cut(Cut::kEnter, 0, Mode::kKernel);
  const std::vector<Step> label = {{"entry_SYSCALL_64", How::kSystemCall},
                                   {"entry_SYSCALL_64_after_hwframe", How::kJump}};
  profile.Run(label, 3);
  std::vector<Step> thunk = label;
  thunk.insert(thunk.end(), {{"do_syscall_64"}, {"__x86_indirect_thunk_rax"}});
  profile.Run(thunk, 4);
  thunk.push_back({"do_wait", How::kJump});
  profile.Run(thunk, 5);
  profile.Cut(Cut::kClock, 0, Mode::kUser);
  wire::Slice slice = SliceOf({13});
  slice.warmups = 0;
  const Explanation explanation =
      Explain({slice, profile.Made(), profile.Symbols(), NoInlinedFunctions()});
  const std::string entry = "caller;entry_SYSCALL_64";
  EXPECT_EQ(ElapsedOf(explanation, entry + ";entry_SYSCALL_64_after_hwframe"), 3);
  EXPECT_EQ(ElapsedOf(explanation, entry + ";do_syscall_64;__x86_indirect_thunk_rax"), 4);
  EXPECT_EQ(ElapsedOf(explanation, entry + ";do_syscall_64;do_wait"), 5);
}

TEST(Explanation, AKernelThreadIsNamedByItsFunction) {
  SyntheticProfile profile;
  profile.Cut(Cut::kClock, 0, Mode::kUser).RunProgram(1);
  profile.Cut(Cut::kSwitch, 9, Mode::kKernel);
  profile.Run({{"__switch_to", How::kUnseen}}, 2).Run({{"worker_thread", How::kUnseen}}, 3);
  profile.Cut(Cut::kClock, 0, Mode::kUser);
  wire::Slice slice = SliceOf({6});
  slice.warmups = 0;
  const Explanation explanation =
      Explain({slice, profile.Made(), profile.Symbols(), NoInlinedFunctions()});
  EXPECT_EQ(ElapsedOf(explanation, "kernel thread worker_thread;worker_thread"), 3);
}

// The compiler put "helper" into dup_mmap, from offset 0x80 on.
class OneInlined : public InlinedFunctions {
 public:
  explicit OneInlined(uint64_t from) : from_(from) {}
  const std::vector<std::string>& At(uint64_t address) const override {
    static const std::vector<std::string> none;
    static const std::vector<std::string> one = {"helper"};
    return address >= from_ && address < from_ + 0x40 ? one : none;
  }

 private:
  uint64_t from_;
};

TEST(Explanation, InlinedFunctionsAreShownWhereTheyAreKnown) {
  const SyntheticProfile profile = MadeSlice();
  uint64_t dup_mmap = 0;
  for (const Function& function : profile.Symbols().functions) {
    if (function.name == "dup_mmap") dup_mmap = function.address;
  }
  const wire::Slice slice = SliceOf({1000, 1000});
  const Explanation explanation =
      Explain({slice, profile.Made(), profile.Symbols(), OneInlined(dup_mmap + 0x80)});
  const std::string copy =
      "caller;entry_SYSCALL_64;do_syscall_64;kernel_clone;copy_process;dup_mmap";
  EXPECT_EQ(ElapsedOf(explanation, copy + ";helper_[i]"), kLoop);
  EXPECT_EQ(ElapsedOf(explanation, copy), 100);
}

TEST(ExplanationJson, WhatIsWrittenIsRead) {
  Explanation explanation = Explained();
  explanation.cell = "amd64/debian-6.1/max/exact";
  const std::string json = ToJson(explanation);
  const Explanation read = FromJson(json);
  EXPECT_EQ(ToJson(read), json);
  EXPECT_EQ(CollapsedStacks(read), CollapsedStacks(explanation));
}

TEST(ExplanationJson, RefusesWhatIsNone) {
  EXPECT_THROW((void)FromJson(""), std::runtime_error);
  EXPECT_THROW((void)FromJson("{}"), std::runtime_error);
  std::string json = ToJson(Explained());
  json.replace(json.find("\"sample\":1000"), 13, "\"sample\":1001");
  EXPECT_THROW((void)FromJson(json), std::runtime_error);
}

TEST(Stacks, CollapsedLinesAddUp) {
  int64_t sum = 0;
  for (const auto& [path, count] : StackCounts(Explained())) sum += count;
  EXPECT_EQ(sum, 1000);
}

TEST(Stacks, SpeedscopeHasBothCounts) {
  const auto json = nlohmann::json::parse(Speedscope(Explained()));
  ASSERT_EQ(json.at("profiles").size(), 2U);
  EXPECT_EQ(json["profiles"][0]["endValue"], 1000);
  EXPECT_EQ(json["profiles"][1]["endValue"], 801);
  EXPECT_EQ(json["profiles"][0]["samples"].size(), json["profiles"][0]["weights"].size());
}

}  // namespace
}  // namespace procmark::explain
