// SPDX-License-Identifier: MIT
// `explain` with a real guest: its parts add up to the benchmark's own number, it repeats itself to
// the byte, and what changes in the kernel shows where it changes and nowhere else.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "e2e/tool.h"
#include "harness/store/run_reader.h"

namespace procmark::e2e {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* kBenchmark = "fork/to:reaped";
constexpr const char* kCell = "amd64/debian-6.1/max/exact";

std::string ReadWhole(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

// The file of a run's explanation in a cell that ends as `ending` says.
std::string FileOf(const Tool& tool, const std::string& run, std::string cell,
                   const std::string& ending) {
  std::string name = cell + "+" + kBenchmark + ending;
  std::ranges::replace(name, '/', '+');
  return ReadWhole(store::FindRun(tool.Results(), run) / "explain" / name);
}

int64_t LowerQuartile(std::vector<int64_t> samples) {
  std::ranges::sort(samples);
  return samples[(samples.size() - 1) / 4];
}

// Elapsed instructions by function, and their sum under "".
std::map<std::string, int64_t> ElapsedByFunction(const Json& explanation) {
  std::map<std::string, int64_t> elapsed;
  for (const Json& node : explanation.at("nodes")) {
    for (const auto& [stage, cost] : node.at("self").items()) {
      elapsed[node.at("name").get<std::string>()] += cost.at(0).get<int64_t>();
      elapsed[""] += cost.at(0).get<int64_t>();
    }
  }
  return elapsed;
}

TEST(Explain, AddsUpToTheSampleAndRepeatsItself) {
  const Tool tool;
  for (const char* name : {"first", "second"}) {
    const Answer answer =
        tool.Run({"explain", kBenchmark, "--cell", kCell, "--name", name, "--functions", "5"});
    ASSERT_EQ(answer.exit_code, 0) << answer.err;
    for (const char* part : {"copy_process", "exit_mm", "release_task", "call -> parent_return",
                             "child: user space"}) {
      EXPECT_NE(answer.out.find(part), std::string::npos) << part << "\n" << answer.out;
    }
  }
  for (const char* ending : {".json", ".collapsed", ".speedscope.json"}) {
    const std::string first = FileOf(tool, "first", kCell, ending);
    EXPECT_FALSE(first.empty()) << ending;
    EXPECT_EQ(first, FileOf(tool, "second", kCell, ending)) << ending;
  }
  const store::Run run = store::ReadRun(store::FindRun(tool.Results(), "first"));
  EXPECT_TRUE(run.complete);
  ASSERT_EQ(run.slices.size(), 1U);
  const Json explanation = Json::parse(FileOf(tool, "first", kCell, ".json"));
  const auto sample = explanation.at("sample").get<int64_t>();
  EXPECT_EQ(sample, LowerQuartile(run.slices.front().slice.samples));
  EXPECT_EQ(ElapsedByFunction(explanation)[""], sample);
  EXPECT_LT(explanation.at("retired").get<int64_t>(), sample);
  EXPECT_EQ(explanation.at("stages").size(), 4U);
}

// init_on_alloc=0 keeps the allocators from clearing what they hand out.
TEST(Explain, AKernelParameterShowsInItsFunctionsAndNowhereElse) {
  const std::string changed = std::string(kCell) + "+cmdline=init_on_alloc=0";
  const Tool tool;
  const Answer answer =
      tool.Run({"explain", kBenchmark, "--cell", changed, "--against", kCell, "--name", "both"});
  ASSERT_EQ(answer.exit_code, 0) << answer.err;
  EXPECT_NE(answer.out.find("memset_erms"), std::string::npos) << answer.out;
  std::map<std::string, int64_t> before =
      ElapsedByFunction(Json::parse(FileOf(tool, "both", kCell, ".json")));
  std::map<std::string, int64_t> after =
      ElapsedByFunction(Json::parse(FileOf(tool, "both", changed, ".json")));
  EXPECT_LT(after["memset_erms"], before["memset_erms"] - 4096);
  int64_t elsewhere = 0;
  for (const auto& [function, elapsed] : before) {
    const bool clears = function.starts_with("memset") || function.starts_with("clear_page") ||
                        function.find("kmem_cache_alloc") != std::string::npos;
    if (!clears && !function.empty()) elsewhere += std::abs(after[function] - elapsed);
  }
  // Static branches that are the other way around cost an instruction or two.
  EXPECT_LT(elsewhere, 40) << answer.out;
}

TEST(Explain, WhatCannotBeExplainedIsSaid) {
  const Tool tool;
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
      {{"explain", kBenchmark, "--cell", "native"}, "name a cell ARCH/KERNEL/CPU/exact"},
      {{"explain", kBenchmark, "--cell", "amd64/debian-6.1/max/tcg"},
       "name a cell ARCH/KERNEL/CPU/exact"},
      {{"explain", "fork/nonsense:1", "--cell", kCell}, "fork/nonsense:1"},
      {{"explain", "broken/refused", "--cell", kCell}, "cannot be measured in"}};
  for (const auto& [words, sentence] : wrong) {
    const Answer answer = tool.Run(words);
    EXPECT_EQ(answer.exit_code, 2) << words[1] << ": " << answer.err;
    EXPECT_NE(answer.err.find(sentence), std::string::npos) << answer.err;
  }
}

}  // namespace
}  // namespace procmark::e2e
