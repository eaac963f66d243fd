// SPDX-License-Identifier: MIT
// Explanation: where the instructions of one sample of a benchmark went.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/explain/call_tree.h"
#include "harness/explain/phases.h"
#include "harness/wire/event.h"

namespace procmark::explain {

// Instructions in a row that were executed as often as each other, of one function.
struct CodeCount {
  std::string function;
  int64_t offset = 0;  // from the begin of the function, in bytes; negative in its ".cold" piece
  int64_t instructions = 0;
  int64_t times = 0;
};

struct Explanation {
  std::string benchmark;
  std::string cell;
  std::string kernel;        // its release
  int64_t sample_index = 0;  // of the slice's samples
  int64_t samples = 0;       // how many the slice has
  int64_t operations = 1;    // in each
  int64_t sample = 0;        // instructions, as the benchmark counted them
  int64_t idle = 0;          // of them, those that QEMU's clock counted while the CPU stood still
  double tick = 1;           // the sample is known to so many instructions
  bool has_calls = true;     // false: functions without callers
  bool has_inlined = false;  // inlined functions are shown as functions
  std::vector<std::string> stages;  // "call -> parent_return"
  CallTree tree;
  std::vector<CodeCount> code;  // the most often executed first
  std::string kallsyms_sha256;  // of the symbols that name the functions
};

// The whole: the cost of all of the tree.
Cost Total(const Explanation& explanation);

// Throws std::runtime_error with a sentence unless the tree and the idle time add up to the sample,
// give or take a tick of the guest's clock.
void CheckSum(const Explanation& explanation);

// A slice, and what its guest executed while it was taken.
struct ProfiledSample {
  const wire::Slice& slice;
  const Profile& profile;
  const SymbolTable& symbols;
  const InlinedFunctions& inlined;
};

// Explains the sample of `profiled` by which comparisons judge, the lower quartile. Fills
// all members except for the cell, the kernel and the hashes. Throws std::runtime_error with a
// sentence when the profile is not of the slice: the parts must add up to the sample.
Explanation Explain(const ProfiledSample& profiled);

}  // namespace procmark::explain
