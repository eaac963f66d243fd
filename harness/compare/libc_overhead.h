// SPDX-License-Identifier: MIT
// What the C library adds to an operation: each benchmark with form:libc, compared with the same
// benchmark by raw system calls. The difference is a result, not a check.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/compare/comparison.h"
#include "harness/compare/rules.h"
#include "harness/store/run.h"

namespace procmark::compare {

struct LibcOverhead {
  std::string raw;   // "fork/to:reaped"
  std::string libc;  // "fork/form:libc/to:reaped"
  std::string unit;
  int64_t pairs = 0;
  double raw_per_operation = 0;
  double libc_per_operation = 0;
  double ratio = 1;                        // libc / raw
  std::optional<EffectInterval> interval;  // of ratio - 1; empty on clock exact or with few pairs
};

// Returns one row for each benchmark of the cell that was measured in both forms, by name. On noisy
// clocks slices of the same round are paired. Throws sys::Complaint (usage) if the run has no such
// cell.
std::vector<LibcOverhead> LibcOverheads(const store::Run& run, const std::string& cell,
                                        const Rules& rules = Rules());

}  // namespace procmark::compare
