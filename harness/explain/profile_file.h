// SPDX-License-Identifier: MIT
// The file in which the plugin leaves a profile: a heading, then records, each a letter and
// numbers of variable length (LEB128). A record may refer to those before it by their numbers.
//
//   N  node: parent, function, how, site                 numbered from 1 (0 is the root)
//   R  run: function, begin, instructions, size of each  numbered from 0, as the following
//   P  spot: node, run, executed
//   Q  string spot: node, address
//   S  segment: cut, task, life, seen born, mode, idles, clock address, entered by,
//      number of counts, (spot, times)…, number of string counts, (spot, iterations, passes,
//      bytes read, bytes written)…
//   A  correction: the last instruction of a spot in an earlier segment faulted and was executed
//      again: segment, spot, and 1 + the string spot that it was an iteration of, or 0
//   X  the plugin gave up: length, sentence
//   E  end: how many instructions the segments hold, corrected
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "harness/explain/profile.h"

namespace procmark::explain {

// The first line, without the target that ends it.
inline constexpr std::string_view kProfileHeading = "procmark profile 1 ";

// Writes records. Failures to write show in Finish().
class ProfileWriter {
 public:
  // `file` is open for writing and is closed by Finish().
  ProfileWriter(std::FILE* file, std::string_view target);

  void Add(const PathNode& node);
  void Add(const CodeRun& run);
  void Add(const Spot& spot);
  void Add(const StringSpot& spot);
  void Add(const Segment& segment);
  void Correct(uint64_t segment, uint32_t spot, uint32_t string_spot_plus_1);
  void GiveUp(std::string_view sentence);
  void Finish(int64_t instructions);

 private:
  void Letter(char letter);
  void Number(uint64_t number);

  std::FILE* file_;
};

// Throws std::runtime_error with a sentence when `bytes` is not a complete profile, when the plugin
// gave up, or when the instructions of the segments are not as many as the plugin counted.
Profile ReadProfile(std::string_view bytes);

}  // namespace procmark::explain
