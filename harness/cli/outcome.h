// SPDX-License-Identifier: MIT
// The end of `run`, `compare` and `report`: judges a run, writes its reports, shows it, and decides
// the exit code.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/cli/choose.h"
#include "harness/cli/commands.h"
#include "harness/compare/comparison.h"
#include "harness/store/run.h"

namespace procmark::cli {

// Writes a file for each of report::kExporters into the run's folder, and the report for a terminal
// to stdout. Returns the exit code. Throws a lost Complaint if a file cannot be written.
int ConcludeRun(const Context& context, const store::Run& run, const Offered& offered,
                const std::vector<compare::Comparison>& comparisons, const OutcomeOptions& options);

}  // namespace procmark::cli
