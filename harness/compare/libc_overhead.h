// What the C library adds: each benchmark of the form libc against the raw one beside it. Their
// difference is a result, not a check: neither bounds the other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/compare/compare.h"

namespace procmark::compare {

struct FormRow {
  std::string raw;   // "fork/to:reaped"
  std::string libc;  // "fork/form:libc/to:reaped"
  std::string unit;
  int64_t pairs = 0;
  double raw_per_operation = 0;
  double libc_per_operation = 0;
  double ratio = 1;                        // libc / raw
  std::optional<EffectInterval> interval;  // of ratio - 1; none on the exact clock or of few pairs
};

// One row for each benchmark of that cell with form:libc in its name that was measured beside the
// one without, by name. Paired by round on noisy clocks. Throws sys::Complaint (usage) when the run
// has no such cell.
std::vector<FormRow> FormTable(const store::Run& run, const std::string& cell,
                               const Rules& rules = Rules());

}  // namespace procmark::compare
