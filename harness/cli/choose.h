// SPDX-License-Identifier: MIT
// Makes the work to do from a plan and the options of the command line.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/cell/program_list.h"
#include "harness/cli/commands.h"
#include "harness/execute/execute.h"
#include "harness/plan/plan.h"

namespace procmark::cli {

// The benchmarks and tests that the programs offer.
struct Offered {
  std::vector<cell::BenchmarkInfo> benchmarks;
  std::vector<cell::TestInfo> tests;
};
Offered AskPrograms();

// Adds the descriptions of those benchmarks in `names` that no list has. Throws a usage Complaint
// with the program's reason when such a benchmark is impossible.
void AskAbout(const std::vector<std::string>& names, Offered& offered);

void ApplyWishes(const Wishes& wishes, plan::Plan& plan);

// The work of a plan. Selecting a limit or a peer also selects the benchmark that it is compared
// with, and any benchmark selects the canaries, which show how noisy the host is. Throws a usage
// Complaint when the name of a cell is wrong or when nothing is chosen.
execute::Work MakeWork(const plan::Plan& plan, const Offered& offered);

// limit -> bounded, for compare::CheckLimits.
std::map<std::string, std::string> BoundedByLimit(const Offered& offered);

// peer -> the benchmark that it is compared with, for report::PeerTable.
std::map<std::string, std::string> PeerOf(const Offered& offered);

}  // namespace procmark::cli
