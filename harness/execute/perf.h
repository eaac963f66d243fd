// SPDX-License-Identifier: MIT
// Runs each benchmark of native cells once more, under perf stat or perf record. The recorded
// slices never run under perf, because counting makes a fork slower.
#pragma once

#include <filesystem>
#include <string>

#include "harness/execute/execute.h"
#include "harness/execute/progress.h"

namespace procmark::execute {

struct PerfPass {
  std::string subcommand;  // "stat", "record", or "" for none
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
