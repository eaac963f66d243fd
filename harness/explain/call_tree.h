// SPDX-License-Identifier: MIT
// CallTree: the instructions of one sample by task and path of calls. The parts add up to the
// whole.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/explain/cost.h"
#include "harness/explain/inlined.h"
#include "harness/explain/profile.h"
#include "harness/explain/stages.h"
#include "harness/explain/symbols.h"
#include "harness/explain/tasks.h"

namespace procmark::explain {

enum class NodeKind : uint8_t {
  kAll,         // the root
  kTask,        // its name is a task's
  kInterrupts,  // everything that interrupts did
  kUserSpace,
  kFunction,
  kInlined,  // a function that the compiler put into its parent
};

struct TreeNode {
  uint32_t parent = 0;
  NodeKind kind = NodeKind::kAll;
  How how = How::kRoot;
  std::string name;
  int64_t calls = 0;       // how often control came to its begin
  std::vector<Cost> self;  // by stage, without its children
};

struct CallTree {
  std::vector<TreeNode> nodes;  // the root first, and each parent before its children

  // Sums over all stages: what a node executed itself, and with its children.
  std::vector<Cost> SelfCosts() const;
  std::vector<Cost> InclusiveCosts() const;
};

// What the segments of `stages` hold. Thunks by which kernels call indirectly, and labels of the
// assembly by which they are entered, are leaves beside the functions that they lead to.
CallTree MakeCallTree(const Profile& profile, const std::vector<Stage>& stages,
                      const std::vector<SampleTask>& tasks, const SymbolTable& symbols,
                      const InlinedFunctions& inlined);

}  // namespace procmark::explain
