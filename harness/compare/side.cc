// SPDX-License-Identifier: MIT
#include "harness/compare/side.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "harness/sys/complaint.h"

namespace procmark::compare {

const store::Cell& FindCell(const store::Run& run, const std::string& cell) {
  std::vector<std::string> names;
  for (const store::Cell& candidate : run.cells) {
    if (candidate.name == cell) return candidate;
    names.push_back(candidate.name);
  }
  sys::ThrowUsage(fmt::format("run {} has no cell '{}'; its cells are: {}", run.id, cell,
                              names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
}

bool SameRun(const Side& a, const Side& b) {
  return a.run == b.run || (!a.run->id.empty() && a.run->id == b.run->id);
}

}  // namespace procmark::compare
