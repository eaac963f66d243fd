// SPDX-License-Identifier: MIT
// CallPath: the shadow of one task's kernel stack: which functions called one another to come to
// where the task is. It follows where control goes, so it needs no registers.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "harness/explain/plugin/block.h"
#include "harness/explain/profile_file.h"

namespace procmark::explain {

// All paths of a profile, as one tree. Writes each node when it is first asked for.
class PathTree {
 public:
  explicit PathTree(ProfileWriter& out) : out_(out) {}

  uint32_t Child(uint32_t parent, uint32_t function, How how, uint64_t site = 0);
  const PathNode& At(uint32_t node) const { return nodes_[node]; }
  // Whether `node` was come to by jumps from `function`, whose call was not seen.
  bool BeganUnseen(uint32_t node, uint32_t function) const;

 private:
  ProfileWriter& out_;
  std::vector<PathNode> nodes_ = {PathNode{}};
  struct Hash {
    size_t operator()(const PathNode& node) const;
  };
  std::unordered_map<PathNode, uint32_t, Hash> numbers_;
};

// What an exception, an interrupt or a system call interrupted.
struct Interrupted {
  uint64_t last = 0;              // the address of the instruction that was begun last
  bool of_program = false;        // it is in user space
  bool repeats = false;           // it is a string instruction
  bool may_have_faulted = false;  // it was counted, and may not have been executed
  uint64_t segment = 0;           // where it was counted
  uint32_t spot = 0;
  uint32_t string_spot_plus_1 = 0;
};

class CallPath {
 public:
  explicit CallPath(PathTree& tree) : tree_(&tree) {}

  uint32_t Node() const { return node_; }
  // Whether it is known where control returns to.
  bool HasCallers() const { return !frames_.empty(); }

  // Puts an empty stack in place: the task enters the kernel, or begins, or is in user space.
  void Restart(uint32_t node);
  // The instruction at `site` called what is at `block`, and the call returns to `return_address`.
  void Call(uint64_t site, uint64_t return_address, const Block& block);
  // A return led to `block`. False when nothing that was seen was called from there: the path is as
  // before.
  bool Return(const Block& block);
  // Hardware left what it executed for `function`.
  void Trap(const Interrupted& interrupted, How how, uint32_t function);
  // Whether a return from a trap leads to a program: the kernel was not interrupted itself.
  bool ReturnsToProgram() const;
  // Goes back to what the last trap left. False when there is none.
  bool TrapReturn(Interrupted& interrupted);
  // Control came from the instruction at `site` into `function` without a call or a return.
  void Jump(uint64_t site, uint32_t function);

 private:
  struct Frame {
    uint64_t return_address = 0;
    uint32_t node = 0;  // of the caller, or of what was interrupted
    bool is_trap = false;
    Interrupted interrupted;
  };

  PathTree* tree_;
  uint32_t node_ = 0;
  std::vector<Frame> frames_;
};

}  // namespace procmark::explain
