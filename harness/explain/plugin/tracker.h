// SPDX-License-Identifier: MIT
// Tracker: follows one CPU from block to block. It knows which task runs and by which path of calls
// the task came to where it is, and gives each executed instruction to that path. It sees blocks
// only: QEMU's plugin interface of version 1 shows no registers.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "harness/explain/plugin/block.h"
#include "harness/explain/plugin/call_path.h"
#include "harness/explain/plugin/tally.h"

namespace procmark::explain {

class Tracker {
 public:
  // `map` outlives the tracker. Without `calls` the profile is flat.
  Tracker(const CodeMap& map, bool calls, ProfileWriter& out);

  // The CPU enters `block`. `started` is how many instructions it has begun to execute until now,
  // `accessed` how many accesses of memory the last instructions of blocks have done.
  void Enter(const Block& block, uint64_t started, uint64_t accessed);
  // What the block that was entered last does: its last instruction reads the clock; it stores to
  // and loads from tasks' structures while the kernel switches stacks; its string instruction
  // accesses memory.
  void ReadsClock(uint64_t address) { clock_ = address; }
  void SwitchSaves(uint64_t address);
  void SwitchLoads(uint64_t address);
  void StringAccess(bool store, int64_t bytes) { (store ? bytes_written_ : bytes_read_) += bytes; }
  // The CPU has nothing to execute.
  void Idle() { tally_.CountIdle(); }
  // The guest has ended. To be called once, last.
  void Finish(uint64_t started);

 private:
  struct Task {
    uint32_t number = 0;
    uint32_t life = 0;
    bool seen_born = false;
    bool ended = false;  // it will not run again
    CallPath path;
  };

  // Counts the executed part of the last block and follows control from there to `next`.
  void Leave(const Block& next, uint64_t executed, bool accessed);
  void Credit(const Block& block, uint64_t executed);
  void DivideAtClock();
  void Divide(const Segment& next);
  // Puts the task that was switched to in place.
  void Switch();
  How HowOf(const Block& next, bool whole, bool accessed) const;
  void EnterKernel(const Block& next, const Interrupted& interrupted, How how);
  // `address` is the program's next instruction; 0: it executes none.
  void LeaveKernel(uint64_t address);
  // Whether the last block returned to a program of which nothing was executed before `next`.
  bool ReturnedToProgram(const Block& next, bool whole) const;
  void StayInKernel(const Block& next, const Interrupted& interrupted, How how, bool whole);
  void ReturnTo(const Block& next);
  void TrapReturnTo(const Block& next);
  // The interrupted instruction is executed again if control is there now: then its first, failed
  // execution was counted wrongly, or it is a string instruction, which goes on.
  void Resume(const Interrupted& interrupted, uint64_t address);
  // The fields of a segment that say whose it is.
  Segment TaskNow() const;

  const CodeMap& map_;
  const bool calls_;
  PathTree tree_;
  Tally tally_;
  // By the address of the task's structure that the switch of stacks stores to and loads from.
  std::unordered_map<uint64_t, std::unique_ptr<Task>> tasks_;
  std::unique_ptr<Task> first_;  // ran when watching began; no address is known of it yet
  Task* task_;
  uint32_t tasks_seen_ = 1;

  const Block* last_ = nullptr;
  uint64_t started_ = 0;
  uint64_t accessed_ = 0;
  uint64_t clock_ = 0;
  uint64_t saved_to_ = 0;
  uint64_t loaded_from_ = 0;
  int64_t bytes_read_ = 0;
  int64_t bytes_written_ = 0;
  Interrupted entered_with_;  // of a flat profile: what was left for the kernel
  bool goes_on_ = false;      // the last block's string instruction is within a pass
  uint32_t spot_ = 0;         // of the instruction that was counted last
  uint32_t string_spot_plus_1_ = 0;
};

}  // namespace procmark::explain
