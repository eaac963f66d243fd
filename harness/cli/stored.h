// SPDX-License-Identifier: MIT
// Stored runs: finds one by its id, name or folder, and compares two.
#pragma once

#include <string>
#include <vector>

#include "harness/cli/commands.h"
#include "harness/compare/compare.h"
#include "harness/store/run.h"

namespace procmark::cli {

// Throws a usage Complaint when no run or baseline has this name, and a lost one when it is
// corrupt.
store::Run ReadCalled(const Context& context, const std::string& called);

// Compares `b` with `a` in every cell that both have, in the order of b; empty when there is none.
std::vector<compare::Comparison> CompareSharedCells(const store::Run& a, const store::Run& b,
                                                    const compare::Rules& rules);

}  // namespace procmark::cli
