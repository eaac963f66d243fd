// SPDX-License-Identifier: MIT
// Phases: the parts of an operation under the names that the kernel's sources and documents use,
// told by functions of all kernels since 5.10.
#pragma once

#include <string>
#include <vector>

#include "harness/explain/call_tree.h"

namespace procmark::explain {

struct PhaseCost {
  std::string group;  // "clone", "exit", "wait", "exec" …
  std::string phase;  // "copy_mm"
  Cost all;
  Cost in_faults;     // of it, below an exception
  Cost in_allocator;  // of it, below a function of the page or slab allocator
};

// Every instruction of `tree` in exactly one phase; phases without any are left out. In the order
// in which an operation passes them. What the compiler put into copy_process() or do_exit() itself
// is in "rest" phases of those, unless the tree shows inlined functions.
std::vector<PhaseCost> PhasesOf(const CallTree& tree);

}  // namespace procmark::explain
