// From a plan and the words of the command line to the work to do.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/cell/program_list.h"
#include "harness/cli/commands.h"
#include "harness/execute/execute.h"
#include "harness/plan/plan.h"

namespace procmark::cli {

// What the programs offer, asked once.
struct Offered {
  std::vector<cell::BenchmarkInfo> benchmarks;
  std::vector<cell::TestInfo> tests;
};
Offered AskPrograms();

// Adds what is known of these benchmarks where no list has them. Throws a usage Complaint with the
// program's sentence when there can be no such benchmark.
void AskAbout(const std::vector<std::string>& names, Offered& offered);

void ApplyWishes(const Wishes& wishes, plan::Plan& plan);

// The work of a plan. With a benchmark its limit's bounded benchmark, or its peer's, comes too (a
// ratio needs both), and with any benchmark the canaries that tell how far the host can be
// believed. Throws a usage Complaint when a cell's name is wrong or nothing at all is chosen.
execute::Work MakeWork(const plan::Plan& plan, const Offered& offered);

// limit -> bounded, for compare::CheckLimits.
std::map<std::string, std::string> BoundedByLimit(const Offered& offered);

// peer -> the benchmark of ours that it stands beside, for report::PeerTable.
std::map<std::string, std::string> PeerOf(const Offered& offered);

}  // namespace procmark::cli
