// Stored runs: reading one by whatever a person calls it, and holding one against another.
#pragma once

#include <string>
#include <vector>

#include "harness/cli/commands.h"
#include "harness/compare/compare.h"
#include "harness/store/run.h"

namespace procmark::cli {

// Throws a usage Complaint when no run or baseline is called so, a lost one when it is corrupt.
store::Run ReadCalled(const Context& context, const std::string& called);

// `b` against `a`, in every cell that both have, in b's order; empty when they share none.
std::vector<compare::Comparison> CompareSharedCells(const store::Run& a, const store::Run& b,
                                                    const compare::Rules& rules);

}  // namespace procmark::cli
