// SPDX-License-Identifier: MIT
// Explanations of benchmarks: taken in exact cells, and stored beside the run that they belong to.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/execute/execute.h"
#include "harness/explain/explanation.h"

namespace procmark::execute {

// Takes the only benchmark of `work` in the cell (profile_visit.h), explains it and writes
// FOLDER/explain/CELL+BENCHMARK.json, .collapsed and .speedscope.json, where FOLDER is the run's
// and slashes of names become '+'. Throws what TakeProfile() throws, and a lost Complaint when the
// profile is not of the samples or a file cannot be written.
explain::Explanation ExplainBenchmark(const Work& work, const NamedCell& named, Recorder& recorder,
                                      Progress& progress);

// Writes FOLDER/explain/CELL+BENCHMARK.against.CELL.difffolded.
void WriteDifference(const explain::Explanation& a, const explain::Explanation& b,
                     const std::filesystem::path& folder);

// The stored explanations of a run, in the order of their files' names. Throws a usage Complaint
// when one is no explanation.
std::vector<explain::Explanation> ReadExplanations(const std::filesystem::path& folder);

}  // namespace procmark::execute
