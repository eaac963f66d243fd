// From a plan and the words of the command line to the work to do.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/cell/catalogue.h"
#include "harness/command/execute.h"
#include "harness/plan/plan.h"

namespace procmark::command {

// What the programs offer, asked once.
struct Offered {
  std::vector<cell::BenchmarkInfo> benchmarks;
  std::vector<cell::TestInfo> tests;
};
Offered AskPrograms();

// The command line's wishes, applied on top of a plan.
struct Wishes {
  std::vector<std::string> cells;  // in place of the plan's, when not empty
  std::string filter;              // searched in the names of benchmarks and tests alike
  bool benchmarks = true;          // false: no benchmark, whatever the filter says
  bool tests = true;
};
void ApplyWishes(const Wishes& wishes, plan::Plan& plan);

// The work of a plan. With a benchmark its limit's bounded benchmark comes too (a ratio needs
// both), and with any benchmark the canaries that tell how far the host can be believed. Throws a
// usage Complaint when a cell's name is wrong or nothing at all is chosen.
Work MakeWork(const plan::Plan& plan, const Offered& offered);

// limit -> bounded, for compare::LimitTable.
std::map<std::string, std::string> BoundedByLimit(const Offered& offered);

}  // namespace procmark::command
