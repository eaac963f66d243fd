// SPDX-License-Identifier: MIT
// Block: a piece of translated code: QEMU enters it at its first instruction only.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/explain/code_map.h"
#include "harness/explain/plugin/instruction.h"

namespace procmark::explain {

// The part of a block that lies in one function. `run` is its number in the profile.
struct BlockPart {
  uint32_t run = 0;
  uint32_t instructions = 0;
  uint32_t function = 0;
};

struct Block {
  uint64_t begin = 0;
  uint64_t end = 0;  // behind its last instruction
  uint32_t instructions = 0;
  Mode mode = Mode::kUser;
  Entry entry = Entry::kNone;  // how hardware comes to its begin
  bool begins_function = false;
  Flow flow = Flow::kOther;  // of the last instruction, as the rest
  bool repeats = false;
  bool accesses_memory = false;
  std::vector<BlockPart> parts;     // in the order of their addresses; at least one
  std::vector<uint64_t> addresses;  // of each instruction

  uint32_t Function() const { return parts.front().function; }
  uint64_t Last() const { return addresses.back(); }

  // Where the block was last counted whole: most blocks are entered by one path again and again.
  mutable uint32_t counted_node = ~uint32_t{0};
  mutable uint32_t counted_spot = 0;
};

}  // namespace procmark::explain
