// SPDX-License-Identifier: MIT
// Real guests: exact guests agree to the instruction, and each kind of broken guest gets its
// verdict.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "e2e/tool.h"
#include "harness/store/run_reader.h"

namespace procmark::e2e {
namespace {

using store::LossKind;

// A run without benchmarks needs one guest.
constexpr const char* kOneTest = "^WaitOptions.NoChildrenIsEchild$";
constexpr const char* kExact = "amd64/debian-6.1/max/exact";

store::Run Named(const Tool& tool, const std::string& name) {
  return store::ReadRun(store::FindRun(tool.Results(), name));
}

// Several CPUs run slices at the same time. The record has them in the order in which they ended.
std::map<std::string, std::vector<double>> SamplesOf(const store::Run& run) {
  std::map<std::string, std::vector<double>> samples;
  for (const store::Slice& slice : run.slices) {
    const auto& values = slice.slice.samples;
    samples[slice.slice.benchmark] = std::vector<double>(values.begin(), values.end());
  }
  return samples;
}

TEST(ExactGuest, TwoRunsAreIdenticalToTheInstruction) {
  const Tool tool;
  const std::vector<std::string> run = {
      "run", "--cell", kExact, "--filter", "^(fork/to:reaped|vfork/to:reaped)$", "--name"};
  for (const char* name : {"a", "b"}) {
    std::vector<std::string> words = run;
    words.emplace_back(name);
    const Answer answer = tool.Run(words);
    ASSERT_EQ(answer.exit_code, 0) << answer.err << answer.out;
  }
  const store::Run a = Named(tool, "a");
  const store::Run b = Named(tool, "b");
  ASSERT_GE(a.slices.size(), 5U);  // two benchmarks and three canaries
  ASSERT_EQ(a.slices.size(), b.slices.size());
  EXPECT_EQ(SamplesOf(a), SamplesOf(b));
  for (const store::Slice& slice : a.slices) EXPECT_EQ(slice.slice.unit, "instructions");
  const Answer compared = tool.Run({"compare", "a", "b"});
  EXPECT_EQ(compared.exit_code, 0) << compared.out << compared.err;
  EXPECT_NE(compared.out.find("identical"), std::string::npos) << compared.out;
}

TEST(ExactGuest, NumbersDoNotDependOnWhatElseIsChosen) {
  const Tool tool;
  const auto run = [&tool](const std::string& filter, const std::string& name) {
    const Answer answer = tool.Run({"run", "--cell", kExact, "--filter", filter, "--name", name});
    EXPECT_EQ(answer.exit_code, 0) << answer.err << answer.out;
    return Named(tool, name);
  };
  const store::Run one = run("^vfork/to:reaped$", "one");
  const store::Run many = run("^(fork|vfork|clone)/to:reaped$", "many");
  EXPECT_EQ(SamplesOf(one).at("vfork/to:reaped"), SamplesOf(many).at("vfork/to:reaped"));
  EXPECT_EQ(one.cells.front().inputs, many.cells.front().inputs);
  EXPECT_EQ(one.cells.front().inputs.at("guest.start"), "snapshot");
}

// Every slice of the second run boots its own guest: a restored guest measures what a booted one
// does.
TEST(ExactGuest, ASnapshotCountsAsAnIndependentBootDoes) {
  const Tool tool;
  const std::vector<std::string> words = {
      "run", "--cell", kExact, "--filter", "^vfork/to:reaped$", "--no-tests", "--name"};
  for (const char* name : {"restored", "booted"}) {
    std::vector<std::string> run = words;
    run.emplace_back(name);
    if (std::string(name) == "booted") run.emplace_back("--no-snapshots");
    const Answer answer = tool.Run(run);
    ASSERT_EQ(answer.exit_code, 0) << answer.err << answer.out;
  }
  const store::Run restored = Named(tool, "restored");
  const store::Run booted = Named(tool, "booted");
  EXPECT_EQ(restored.cells.front().inputs.at("guest.start"), "snapshot");
  EXPECT_EQ(booted.cells.front().inputs.at("guest.start"), "boot");
  ASSERT_GE(restored.slices.size(), 4U);
  EXPECT_EQ(SamplesOf(restored), SamplesOf(booted));
  // From the start of QEMU to the first program. It is CPU time, which hardly depends on the load.
  EXPECT_LT(std::stol(restored.cells.front().environment.at("measured.ready_cpu_ms")), 1000);
}

TEST(ExactGuest, ACpuThatCannotBeIsASkipWithItsReason) {
  const Tool tool;
  // QEMU does not know the first CPU. The second has no long mode, so the kernel would halt.
  const Answer answer = tool.Run({"run", "--cell", kExact, "--axis", "cpu=max,nosuchcpu,pentium3",
                                  "--filter", kOneTest, "--name", "axis"});
  EXPECT_EQ(answer.exit_code, 0) << answer.err << answer.out;
  const store::Run run = Named(tool, "axis");
  ASSERT_EQ(run.tests.size(), 3U);
  for (const store::Test& test : run.tests) {
    const bool known = test.cell == kExact;
    EXPECT_EQ(test.test.verdict, known ? wire::TestVerdict::kPass : wire::TestVerdict::kSkip);
    if (known) continue;
    const bool unknown = test.cell.find("nosuchcpu") != std::string::npos;
    EXPECT_NE(test.test.reason.find(unknown ? "nosuchcpu" : "no 'lm'"), std::string::npos)
        << test.test.reason;
  }
}

TEST(ExactGuest, ACellThatFailsLeavesTheOthersAlone) {
  const Tool tool;
  const Answer answer = tool.Run({"run", "--cell", "amd64/debian-6.1=1.0-1/max/exact", "--cell",
                                  kExact, "--filter", kOneTest, "--name", "two"});
  EXPECT_EQ(answer.exit_code, 3) << answer.err << answer.out;
  const store::Run run = Named(tool, "two");
  ASSERT_EQ(run.losses.size(), 1U);
  EXPECT_EQ(run.losses[0].cell, "amd64/debian-6.1=1.0-1/max/exact");
  ASSERT_EQ(run.tests.size(), 1U);
  EXPECT_EQ(run.tests[0].test.verdict, wire::TestVerdict::kPass);
}

// The module is cached after its first use. Where it cannot be built, the answer is the reason.
TEST(ExactGuest, KernelThreadsAreMeasuredWhereTheLabIsOn) {
  const Tool tool;
  const Answer answer = tool.Run({"run", "--cell", kExact, "--axis", "lab=,on", "--filter",
                                  "^kthread/run_stop$", "--no-tests", "--name", "lab"});
  for (const char* lacking : {"lets us do neither", "cannot be downloaded", "cannot be fetched"}) {
    if ((answer.err + answer.out).find(lacking) != std::string::npos) {
      GTEST_SKIP() << answer.err << answer.out;
    }
  }
  ASSERT_EQ(answer.exit_code, 0) << answer.err << answer.out;
  const store::Run run = Named(tool, "lab");
  ASSERT_EQ(run.skips.size(), 1U);
  EXPECT_EQ(run.skips.front().cell, kExact);
  EXPECT_NE(run.skips.front().skip.reason.find("+lab=on"), std::string::npos);
  EXPECT_EQ(SamplesOf(run).at("kthread/run_stop").size(), 30U);
  for (const store::Cell& cell : run.cells) {
    EXPECT_EQ(cell.inputs.contains("lab.sha256"), cell.name != kExact) << cell.name;
  }
}

TEST(ExactGuest, MemoryNodesAreMeasuredWhereThereAreTwo) {
  const Tool tool;
  const Answer answer = tool.Run({"run", "--cell", kExact, "--axis", "nodes=1,2", "--filter",
                                  "^fork/numa:remote/to:reaped$", "--no-tests", "--name", "nodes"});
  ASSERT_EQ(answer.exit_code, 0) << answer.err << answer.out;
  const store::Run run = Named(tool, "nodes");
  ASSERT_EQ(run.skips.size(), 1U);
  EXPECT_EQ(run.skips.front().cell, kExact);
  EXPECT_NE(run.skips.front().skip.reason.find("one memory node"), std::string::npos);
  EXPECT_EQ(SamplesOf(run).at("fork/numa:remote/to:reaped").size(), 30U);
}

TEST(ExactGuest, DynamicProgramsAndShellsRunWhereThereIsAUserland) {
  const Tool tool;
  const Answer answer =
      tool.Run({"run", "--cell", kExact, "--axis", "userland=,on", "--filter",
                "^(exec/program:dynamic/after:vfork/to:child_start|system/form:libc/to:reaped)$",
                "--no-tests", "--name", "userland"});
  ASSERT_EQ(answer.exit_code, 0) << answer.err << answer.out;
  const store::Run run = Named(tool, "userland");
  ASSERT_EQ(run.skips.size(), 2U);
  for (const store::Skip& skip : run.skips) EXPECT_EQ(skip.cell, kExact);
  EXPECT_EQ(SamplesOf(run).at("exec/program:dynamic/after:vfork/to:child_start").size(), 30U);
  EXPECT_EQ(SamplesOf(run).at("system/form:libc/to:reaped").size(), 30U);
}

// vxlan depends on two other modules. A guest that cannot load one ends without a record.
TEST(ExactGuest, ModulesOfItsKernelAreLoaded) {
  const Tool tool;
  const Answer answer = tool.Run({"run", "--cell", std::string(kExact) + "+modules=vxlan",
                                  "--filter", kOneTest, "--name", "modules"});
  ASSERT_EQ(answer.exit_code, 0) << answer.err << answer.out;
  const store::Run run = Named(tool, "modules");
  ASSERT_EQ(run.tests.size(), 1U);
  EXPECT_EQ(run.tests[0].test.verdict, wire::TestVerdict::kPass);
  EXPECT_FALSE(run.cells.at(0).inputs.at("modules.sha256").empty());
  const Answer none =
      tool.Run({"run", "--cell", std::string(kExact) + "+modules=nonesuch", "--filter", kOneTest});
  EXPECT_NE((none.err + none.out).find("no module nonesuch"), std::string::npos) << none.err;
  EXPECT_EQ(none.exit_code, 2) << none.err << none.out;
}

TEST(ExactGuest, FivePercentAreFound) {
  const Tool tool;
  const Answer answer = tool.Run({"compare", kExact, std::string(kExact) + "+slow=5", "--filter",
                                  "^fork/to:reaped$", "--no-tests"});
  EXPECT_EQ(answer.exit_code, 1) << answer.out << answer.err;
  EXPECT_NE(answer.out.find("regressed"), std::string::npos) << answer.out;
}

// amd64, and another architecture with a different channel and machine.
constexpr const char* kOther = "arm64/debian-6.12/cortex-a72/exact";

struct Fault {
  const char* name;
  store::LossKind kind;
  int exit_code;
};

class BrokenGuest : public ::testing::TestWithParam<std::tuple<const char*, Fault>> {};

TEST_P(BrokenGuest, IsToldApart) {
  const Tool tool;
  const char* cell = std::get<0>(GetParam());
  const Fault& fault = std::get<1>(GetParam());
  const Answer answer =
      tool.Run({"run", "--cell", cell, "--filter", kOneTest, "--name", "broken", "--guest-fault",
                fault.name, "--guest-silence-s", "25", "--guest-output-mib", "2"});
  if (answer.err.find("are not built") != std::string::npos && cell == kOther) {
    GTEST_SKIP() << answer.err;
  }
  EXPECT_EQ(answer.exit_code, fault.exit_code) << answer.out << answer.err;
  const store::Run run = Named(tool, "broken");
  ASSERT_GE(run.losses.size(), 1U);
  EXPECT_EQ(run.losses.back().kind, fault.kind) << run.losses.back().sentence;
  EXPECT_NE(answer.out.find(run.losses.back().sentence), std::string::npos) << answer.out;
}

std::string NameOfFault(const ::testing::TestParamInfo<std::tuple<const char*, Fault>>& info) {
  const std::string cell = std::get<0>(info.param);
  return cell.substr(0, cell.find('/')) + "_" + std::get<1>(info.param).name;
}

INSTANTIATE_TEST_SUITE_P(
    Faults, BrokenGuest,
    ::testing::Combine(
        ::testing::Values(kExact),
        ::testing::Values(Fault{"panic", LossKind::kCrash, 1}, Fault{"exit", LossKind::kCrash, 1},
                          Fault{"oops", LossKind::kCrash, 1}, Fault{"taint", LossKind::kCrash, 1},
                          Fault{"reset", LossKind::kCrash, 1}, Fault{"hang", LossKind::kTimeout, 1},
                          Fault{"mute", LossKind::kLost, 3}, Fault{"garbage", LossKind::kLost, 3},
                          Fault{"flood", LossKind::kLost, 3}, Fault{"poweroff", LossKind::kLost, 3},
                          Fault{"segv", LossKind::kLost, 3})),
    NameOfFault);
// One fault of each kind, because these guests are slower.
INSTANTIATE_TEST_SUITE_P(FaultsElsewhere, BrokenGuest,
                         ::testing::Combine(::testing::Values(kOther),
                                            ::testing::Values(Fault{"panic", LossKind::kCrash, 1},
                                                              Fault{"hang", LossKind::kTimeout, 1},
                                                              Fault{"garbage", LossKind::kLost,
                                                                    3})),
                         NameOfFault);

TEST(BrokenGuest, TheLossOfADeadRunnerNamesItsSignalAndTheKernelsWords) {
  const Tool tool;
  const Answer answer = tool.Run(
      {"run", "--cell", kExact, "--filter", kOneTest, "--name", "broken", "--guest-fault", "segv"});
  EXPECT_EQ(answer.exit_code, 3) << answer.out << answer.err;
  const store::Run run = Named(tool, "broken");
  ASSERT_EQ(run.losses.size(), 1U);
  for (const char* words : {"SIGSEGV", "the kernel says: init[", "segfault at"}) {
    EXPECT_NE(run.losses[0].sentence.find(words), std::string::npos) << run.losses[0].sentence;
  }
}

TEST(BrokenGuest, RecordsTakeAnotherWayWhenThePortFaults) {
  const Tool tool;
  const Answer answer = tool.Run({"run", "--cell", "amd64/debian-6.1/max/tcg", "--filter", kOneTest,
                                  "--name", "broken", "--guest-fault", "channel"});
  EXPECT_EQ(answer.exit_code, 0) << answer.out << answer.err;
  const store::Run run = Named(tool, "broken");
  ASSERT_EQ(run.tests.size(), 1U);
  EXPECT_EQ(run.tests[0].test.verdict, wire::TestVerdict::kPass);
  ASSERT_EQ(run.cells.size(), 1U);
  const auto said = run.cells[0].environment.find("measured.init_said");
  ASSERT_NE(said, run.cells[0].environment.end());
  EXPECT_NE(said->second.find("the record channel debugcon:0xe9 does not work"), std::string::npos)
      << said->second;
  EXPECT_NE(said->second.find("taking /dev/ttyS1"), std::string::npos) << said->second;
}

}  // namespace
}  // namespace procmark::e2e
