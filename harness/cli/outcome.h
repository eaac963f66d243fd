// What a finished run comes to: judged, written as reports, shown, and turned into an exit code.
// `run`, `compare` and `report` all end here.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/cli/choose.h"
#include "harness/cli/commands.h"
#include "harness/compare/comparison.h"
#include "harness/store/run.h"

namespace procmark::cli {

// Writes report.html, report.md, junit.xml, results.ktap and benchmarks.json into the run's folder
// and the table to stdout. Returns the exit code. Throws a lost Complaint when a file cannot be
// written.
int ConcludeRun(const Context& context, const store::Run& run, const Offered& offered,
                const std::vector<compare::Comparison>& comparisons, const OutcomeOptions& options);

}  // namespace procmark::cli
