// SPDX-License-Identifier: MIT
#include "harness/explain/plugin/tally.h"

namespace procmark::explain {
namespace {

// Mixes the numbers of a spot into one key that is unique: blocks hold at most 512 instructions
// (QEMU TCG_MAX_INSNS), and neither nodes nor runs come to 2^27.
uint64_t KeyOf(const Spot& spot) {
  return uint64_t{spot.node} << 37 | uint64_t{spot.run} << 10 | spot.executed;
}

}  // namespace

uint32_t Tally::SpotOf(const Spot& spot) {
  const auto [known, added] =
      spot_numbers_.try_emplace(KeyOf(spot), static_cast<uint32_t>(spots_.size()));
  if (added) {
    spots_.push_back(spot);
    times_.push_back(0);
    out_.Add(spot);
  }
  return known->second;
}

uint32_t Tally::Count(const Block& block, const BlockPart& part, uint32_t executed, uint32_t node) {
  const bool whole = executed == block.instructions;
  if (!whole || block.counted_node != node) {
    const uint32_t spot = SpotOf({node, part.run, executed});
    if (whole) {
      block.counted_node = node;
      block.counted_spot = spot;
    } else {
      if (times_[spot]++ == 0) touched_.push_back(spot);
      return spot;
    }
  }
  if (times_[block.counted_spot]++ == 0) touched_.push_back(block.counted_spot);
  return block.counted_spot;
}

uint32_t Tally::CountString(uint32_t node, uint64_t address, bool first, int64_t bytes_read,
                            int64_t bytes_written) {
  const auto [known, added] =
      string_spot_numbers_.try_emplace({node, address}, static_cast<uint32_t>(strings_.size()));
  const uint32_t number = known->second;
  if (added) {
    strings_.push_back({number, 0, 0, 0, 0});
    out_.Add(StringSpot{node, address});
  }
  StringCount& count = strings_[number];
  if (count.iterations++ == 0) touched_strings_.push_back(number);
  if (first) ++count.passes;
  count.bytes_read += bytes_read;
  count.bytes_written += bytes_written;
  return number;
}

void Tally::Write(const Segment& task) {
  segment_.task = task.task;
  segment_.life = task.life;
  segment_.seen_born = task.seen_born;
  segment_.counts.clear();
  for (const uint32_t spot : touched_) {
    if (recording_) {
      segment_.counts.push_back({spot, times_[spot]});
      instructions_ += times_[spot] * spots_[spot].executed;
    }
    times_[spot] = 0;
  }
  touched_.clear();
  segment_.strings.clear();
  for (const uint32_t spot : touched_strings_) {
    if (recording_) segment_.strings.push_back(strings_[spot]);
    strings_[spot] = {spot, 0, 0, 0, 0};
  }
  touched_strings_.clear();
  if (!recording_) return;
  out_.Add(segment_);
  for (const Correction& one : corrections_) {
    out_.Correct(written_, one.spot, one.string_spot_plus_1);
  }
  corrections_.clear();
  ++written_;
}

void Tally::Cut(const Segment& task, const Segment& next) {
  Write(task);
  recording_ = recording_ || next.cut == procmark::explain::Cut::kClock;
  segment_ = next;
  segment_.idles = 0;
}

void Tally::Finish(const Segment& task) {
  Write(task);
  out_.Finish(instructions_);
}

void Tally::Correct(uint64_t number, uint32_t spot, uint32_t string_spot_plus_1) {
  if (number == kNotWritten) return;
  --instructions_;
  if (number == written_) {
    corrections_.push_back({spot, string_spot_plus_1});
  } else {
    out_.Correct(number, spot, string_spot_plus_1);
  }
}

}  // namespace procmark::explain
