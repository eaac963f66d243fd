// perf(1) over native slices: each benchmark once more, under perf stat or perf record. Never the
// slices that are recorded: being counted makes a fork dearer.
#pragma once

#include <filesystem>
#include <string>

#include "harness/execute/execute.h"
#include "harness/execute/progress.h"

namespace procmark::execute {

struct PerfPass {
  std::string subcommand;  // "stat", "record" or "" (not wished for)
  bool possible = false;
  std::string sentence;  // what is done and where its files are, or why it is skipped
};

// Asks perf itself whether it works here. Skipped with the reason: not installed, not permitted, no
// native cell.
PerfPass PlanPerf(const std::string& subcommand, const Work& work);

// Writes FOLDER/perf/BENCHMARK.csv (stat) or .data (record) for each benchmark of each native cell;
// slashes of a name become '+'. A benchmark under which perf fails is noted and leaves no file.
void TakePerf(const PerfPass& pass, const Work& work, const std::filesystem::path& folder,
              Progress& progress);

}  // namespace procmark::execute
