// Counts per operation, from what a subject read.
#pragma once

#include <map>
#include <string>

#include "bench/subject/slice.h"

namespace procmark::bench {

// "migrations", "cycles_user" … in the order of subject::KindOf.
const char* CounterName(uint32_t counter);

struct Counts {
  std::map<std::string, double> counts;       // per operation
  std::map<std::string, std::string> absent;  // those that could not be counted, and why
};

// Counters that shared the CPU's are scaled by enabled / running, as perf-stat(1) does;
// "counter_share" is then the least running / enabled of those of the CPU. A CPU without counters
// gives one entry of `absent`, "hardware_counters", in place of six of one reason.
// What `uncounted` (bits of subject::Uncounted) says cannot be whole is absent, with its reason.
Counts CountsOf(const subject::Report& report, uint32_t uncounted = 0);

}  // namespace procmark::bench
