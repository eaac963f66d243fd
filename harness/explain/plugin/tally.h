// SPDX-License-Identifier: MIT
// Tally: counts what is executed, segment by segment, and writes each segment when it ends.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/explain/plugin/block.h"
#include "harness/explain/profile_file.h"

namespace procmark::explain {

class Tally {
 public:
  explicit Tally(ProfileWriter& out) : out_(out) {}

  // Counts the first `executed` instructions (at least one) of a part of `block` on a path. Returns
  // the spot.
  uint32_t Count(const Block& block, const BlockPart& part, uint32_t executed, uint32_t node);
  // Counts one iteration of a string instruction and what it accessed. Returns its spot.
  uint32_t CountString(uint32_t node, uint64_t address, bool first, int64_t bytes_read,
                       int64_t bytes_written);
  void CountIdle() { ++segment_.idles; }

  // Ends the segment, which was of `task`, and begins the next one as `next` says. Nothing is
  // written before the first cut by a read of the clock.
  void Cut(const Segment& task, const Segment& next);
  // Ends the last segment and the file.
  void Finish(const Segment& task);

  // The number of the segment that is being counted, or kNotWritten.
  static constexpr uint64_t kNotWritten = ~uint64_t{0};
  uint64_t Number() const { return recording_ ? written_ : kNotWritten; }
  // Takes back one execution of the last instruction of a spot, counted in segment `number`.
  void Correct(uint64_t number, uint32_t spot, uint32_t string_spot_plus_1);

 private:
  struct Correction {
    uint32_t spot = 0;
    uint32_t string_spot_plus_1 = 0;
  };

  uint32_t SpotOf(const Spot& spot);
  void Write(const Segment& task);

  ProfileWriter& out_;
  bool recording_ = false;
  Segment segment_;
  uint64_t written_ = 0;
  int64_t instructions_ = 0;
  std::vector<Spot> spots_;
  std::unordered_map<uint64_t, uint32_t> spot_numbers_;
  std::vector<int64_t> times_;           // by spot, in this segment
  std::vector<uint32_t> touched_;        // the spots that are not zero there
  std::vector<Correction> corrections_;  // of this segment
  std::map<std::pair<uint32_t, uint64_t>, uint32_t> string_spot_numbers_;  // by node and address
  std::vector<StringCount> strings_;       // by string spot, in this segment
  std::vector<uint32_t> touched_strings_;  // as above
};

}  // namespace procmark::explain
