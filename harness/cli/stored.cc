// SPDX-License-Identifier: MIT
#include "harness/cli/stored.h"

#include <fmt/core.h>

#include <algorithm>

#include "harness/store/run_reader.h"
#include "harness/sys/complaint.h"

namespace procmark::cli {

store::Run ReadCalled(const Context& context, const std::string& called) {
  const std::filesystem::path folder = store::FindRun(context.results, called);
  if (folder.empty()) {
    sys::ThrowUsage(
        fmt::format("no run or baseline is called '{}'; ./run.sh list runs shows them", called));
  }
  return store::ReadRun(folder);
}

std::vector<compare::Comparison> CompareSharedCells(const store::Run& a, const store::Run& b,
                                                    const compare::Rules& rules) {
  std::vector<compare::Comparison> comparisons;
  for (const store::Cell& cell : b.cells) {
    if (std::ranges::find(a.cells, cell.name, &store::Cell::name) == a.cells.end()) continue;
    comparisons.push_back(
        compare::Compare({.run = &a, .cell = cell.name}, {.run = &b, .cell = cell.name}, rules));
  }
  return comparisons;
}

}  // namespace procmark::cli
