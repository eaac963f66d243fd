// SPDX-License-Identifier: MIT
// An explanation in the formats of other tools' flame graphs.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "harness/explain/explanation.h"

namespace procmark::explain {

// Elapsed instructions by path: functions by their base names, the outermost first, parted by ';'.
std::map<std::string, int64_t> StackCounts(const Explanation& explanation);

// One line for each path: "caller;entry_SYSCALL_64;do_syscall_64;… COUNT", by elapsed instructions;
// what flamegraph.pl, inferno and others read. Sorted by path.
std::string CollapsedStacks(const Explanation& explanation);

// A file for speedscope: one profile for elapsed instructions and one for retired ones. Source: its
// file format, https://www.speedscope.app/file-format-schema.json.
std::string Speedscope(const Explanation& explanation);

}  // namespace procmark::explain
