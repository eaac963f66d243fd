// SPDX-License-Identifier: MIT
// Instruction: what a profile needs to know of one machine instruction, read from its bytes. Not a
// disassembler: it recognises calls, returns, traps, reads of the clock and what repeats itself.
#pragma once

#include <cstddef>
#include <cstdint>

#include "harness/explain/architecture.h"

namespace procmark::explain {

// Where control goes after an instruction.
enum class Flow : uint8_t {
  kOther,       // to the next instruction, or by a jump or branch
  kCall,        // to a function that returns behind this instruction
  kReturn,      // to where a function was called from
  kSystemCall,  // into the kernel, or from the kernel into the firmware
  kTrapReturn,  // to where an exception, an interrupt or a system call came from
};

// What an instruction does in the function that switches tasks.
enum class StackSwitch : uint8_t {
  kNone,
  kSaves,  // stores the old task's stack pointer in its task structure
  kLoads,  // loads the new task's
};

struct Instruction {
  Flow flow = Flow::kOther;
  bool reads_clock = false;                       // the counter of bench/subject/clock.h
  bool repeats = false;                           // a string instruction of amd64 with a rep prefix
  bool accesses_memory = false;                   // filled for riscv64 only
  StackSwitch stack_switch = StackSwitch::kNone;  // filled for amd64 only
};

Instruction ReadInstruction(Arch arch, const uint8_t* bytes, size_t size);

}  // namespace procmark::explain
