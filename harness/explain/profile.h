// SPDX-License-Identifier: MIT
// Profile: what the plugin saw of a guest: every instruction that it executed after the first read
// of the clock by a program, by call path and address, in segments of time. Raw: nothing in here
// knows what a sample, a function's name or a phase is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/explain/code_map.h"

namespace procmark::explain {

// How control came to a node of the call tree.
enum class How : uint8_t {
  kRoot,
  kCall,
  kJump,       // from a function into another without a call: a tail call, or falling through
  kException,  // of the instruction in its parent: a page fault
  kInterrupt,  // has no parent but the root: it belongs to nobody who was interrupted
  kSystemCall,
  kUnseen,  // the call happened before the guest was watched, or there is no call tree
};

// A path of calls. Node 0 is the root.
struct PathNode {
  uint32_t parent = 0;
  uint32_t function = 0;
  How how = How::kRoot;
  uint64_t site = 0;  // the instruction in the parent from which control came; 0: not known

  friend bool operator==(const PathNode&, const PathNode&) = default;
};

// Instructions in a row, of one function.
struct CodeRun {
  uint32_t function = 0;
  uint64_t begin = 0;
  std::vector<uint8_t> sizes;  // of each instruction, in bytes
};

// The first `executed` instructions of a run, on a path.
struct Spot {
  uint32_t node = 0;
  uint32_t run = 0;
  uint32_t executed = 0;

  friend bool operator==(const Spot&, const Spot&) = default;
};

struct SpotCount {
  uint32_t spot = 0;
  int64_t times = 0;
};

// A string instruction with a rep prefix, on a path.
struct StringSpot {
  uint32_t node = 0;
  uint64_t address = 0;

  friend bool operator==(const StringSpot&, const StringSpot&) = default;
};

struct StringCount {
  uint32_t spot = 0;
  int64_t iterations = 0;  // QEMU's clock counts each as an instruction
  int64_t passes = 0;      // a CPU's counter counts each as one
  int64_t bytes_read = 0;
  int64_t bytes_written = 0;
};

// Why a segment began.
enum class Cut : uint8_t {
  kClock,   // behind an instruction by which a program read the clock
  kEnter,   // a program entered the kernel
  kLeave,   // the kernel returned to a program
  kSwitch,  // the kernel switched tasks
};

// What one task did between two cuts, all in user space or all in the kernel.
struct Segment {
  Cut cut = Cut::kClock;
  uint32_t task = 0;       // by the address of its task structure
  uint32_t life = 0;       // how many tasks had that structure before
  bool seen_born = false;  // its first instruction was watched
  Mode mode = Mode::kUser;
  int64_t idles = 0;            // how often the CPU stood still
  uint64_t clock_address = 0;   // of the instruction that read the clock, for kClock
  How entered_by = How::kRoot;  // for kEnter
  std::vector<SpotCount> counts;
  std::vector<StringCount> strings;
};

struct Profile {
  std::string target;  // QEMU's name of the architecture
  std::vector<PathNode> nodes = {PathNode{}};
  std::vector<CodeRun> runs;
  std::vector<Spot> spots;
  std::vector<StringSpot> string_spots;
  std::vector<Segment> segments;
};

// Instructions of a segment: the sum over its counts.
int64_t Instructions(const Profile& profile, const Segment& segment);

}  // namespace procmark::explain
