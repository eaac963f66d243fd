// SPDX-License-Identifier: MIT
// Counts per operation, from a subject's report.
#pragma once

#include <map>
#include <string>

#include "bench/subject/slice.h"

namespace procmark::bench {

struct Counts {
  std::map<std::string, double> counts;       // per operation
  std::map<std::string, std::string> absent;  // those that could not be counted, and why
};

// If counters took turns on the CPU, their values are scaled by enabled / running, as perf-stat(1)
// does, and "counter_share" is the smallest running / enabled of them. A CPU without counters gives
// one entry of `absent`, "hardware_counters", instead of six entries with the same reason. Counts
// that `uncounted` (bits of subject::Uncounted) names would be incomplete; they are absent.
Counts CountsOf(const subject::Report& report, uint32_t uncounted = 0);

}  // namespace procmark::bench
