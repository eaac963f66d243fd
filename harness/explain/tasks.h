// SPDX-License-Identifier: MIT
// Tasks: who executes the segments of one sample.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/explain/profile.h"
#include "harness/explain/sample_match.h"
#include "harness/explain/symbols.h"

namespace procmark::explain {

// A task, as profiles number them: its structure, and how many had that structure before.
using TaskId = std::pair<uint32_t, uint32_t>;

inline TaskId TaskOf(const Segment& segment) { return {segment.task, segment.life}; }

struct SampleTask {
  TaskId id;
  // "caller", which performs the operation; "child", "child 2" …, which began in this sample or,
  // where the sample begins in one, read the clock first; "other process" and so on; "kernel thread
  // NAME" by its function; "idle".
  std::string name;
  bool is_child = false;
};

// The tasks of a sample, which begins at the edge `from`, in the order in which they come.
std::vector<SampleTask> TasksOf(const Profile& profile, const SampleSpan& span,
                                const SymbolTable& symbols, const std::string& from);

}  // namespace procmark::explain
