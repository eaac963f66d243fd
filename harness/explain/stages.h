// SPDX-License-Identifier: MIT
// Stages: one sample split at the edges of the operation that lie in it.
#pragma once

#include <string>
#include <vector>

#include "harness/explain/tasks.h"

namespace procmark::explain {

struct Stage {
  std::string from;  // the edge at which it begins: "call", "parent_return" …
  std::string to;
  size_t begin = 0;  // segments [begin, end)
  size_t end = 0;
};

// The stages of a sample from its edge `from` to its edge `to`, in time. The edges between are told
// by what tasks do: parent_return is the caller's return from the system call that made a task;
// child_start the first instruction of the first new task in user space; child_exit the last entry
// of the last new task into the kernel. Of one CPU only one task executes at a time, so that stages
// do not overlap.
std::vector<Stage> StagesOf(const Profile& profile, const SampleSpan& span,
                            const std::vector<SampleTask>& tasks, const SymbolTable& symbols,
                            const std::string& from, const std::string& to);

}  // namespace procmark::explain
