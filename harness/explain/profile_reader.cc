// SPDX-License-Identifier: MIT
// The harness's side of the file.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <tuple>

#include "harness/explain/profile_file.h"

namespace procmark::explain {
namespace {

[[noreturn]] void Refuse(const std::string& what) {
  throw std::runtime_error("the profile cannot be read: " + what);
}

struct Correction {
  uint32_t segment = 0;
  uint32_t spot = 0;
  uint32_t string_spot_plus_1 = 0;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  Profile Read();

 private:
  void TakeHeading();
  uint64_t Number();
  // A number below `limit`, which says how many of `what` there are.
  uint32_t Below(size_t limit, const char* what);
  template <typename Enum>
  Enum Choice(Enum last, const char* what) {
    return static_cast<Enum>(Below(static_cast<size_t>(last) + 1, what));
  }
  void TakeNode();
  void TakeRun();
  void TakeSpot();
  void TakeSegment();
  void TakeCorrection();
  void Apply(const Correction& correction);
  void CheckEnd();

  std::string_view bytes_;
  size_t at_ = 0;
  Profile profile_;
  // Applied at the end: they add spots, and later records number those that the plugin made.
  std::vector<Correction> corrections_;
  std::map<std::tuple<uint32_t, uint32_t, uint32_t>, uint32_t> shortened_;  // spots that they added
};

uint64_t Reader::Number() {
  uint64_t number = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (at_ == bytes_.size()) Refuse("it is cut short");
    const auto byte = static_cast<uint8_t>(bytes_[at_++]);
    number |= uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return number;
  }
  Refuse("a number is too long");
}

uint32_t Reader::Below(size_t limit, const char* what) {
  const uint64_t number = Number();
  if (number >= limit) Refuse(fmt::format("there is no {} {}", what, number));
  return static_cast<uint32_t>(number);
}

void Reader::TakeHeading() {
  const size_t end = bytes_.find('\n');
  if (!bytes_.starts_with(kProfileHeading) || end == std::string_view::npos) {
    Refuse("it does not begin as one");
  }
  profile_.target = bytes_.substr(kProfileHeading.size(), end - kProfileHeading.size());
  at_ = end + 1;
}

void Reader::TakeNode() {
  PathNode node;
  node.parent = Below(profile_.nodes.size(), "node");
  node.function = static_cast<uint32_t>(Number());
  node.how = Choice(How::kUnseen, "way to a node");
  node.site = Number();
  profile_.nodes.push_back(node);
}

void Reader::TakeRun() {
  CodeRun run;
  run.function = static_cast<uint32_t>(Number());
  run.begin = Number();
  const uint64_t count = Number();
  for (uint64_t i = 0; i < count; ++i) run.sizes.push_back(static_cast<uint8_t>(Number()));
  profile_.runs.push_back(std::move(run));
}

void Reader::TakeSpot() {
  Spot spot;
  spot.node = Below(profile_.nodes.size(), "node");
  spot.run = Below(profile_.runs.size(), "run");
  spot.executed = Below(profile_.runs[spot.run].sizes.size() + 1, "instruction");
  profile_.spots.push_back(spot);
}

void Reader::TakeSegment() {
  Segment segment;
  segment.cut = Choice(Cut::kSwitch, "cut");
  segment.task = static_cast<uint32_t>(Number());
  segment.life = static_cast<uint32_t>(Number());
  segment.seen_born = Below(2, "truth") == 1;
  segment.mode = Choice(Mode::kFirmware, "mode");
  segment.idles = static_cast<int64_t>(Number());
  segment.clock_address = Number();
  segment.entered_by = Choice(How::kUnseen, "way into the kernel");
  for (uint64_t left = Number(); left > 0; --left) {
    const uint32_t spot = Below(profile_.spots.size(), "spot");
    segment.counts.push_back({spot, static_cast<int64_t>(Number())});
  }
  for (uint64_t left = Number(); left > 0; --left) {
    StringCount count;
    count.spot = Below(profile_.string_spots.size(), "string spot");
    count.iterations = static_cast<int64_t>(Number());
    count.passes = static_cast<int64_t>(Number());
    count.bytes_read = static_cast<int64_t>(Number());
    count.bytes_written = static_cast<int64_t>(Number());
    segment.strings.push_back(count);
  }
  profile_.segments.push_back(std::move(segment));
}

void Reader::TakeCorrection() {
  Correction correction;
  correction.segment = Below(profile_.segments.size(), "segment");
  correction.spot = Below(profile_.spots.size(), "spot");
  correction.string_spot_plus_1 = Below(profile_.string_spots.size() + 1, "string spot");
  corrections_.push_back(correction);
}

void Reader::Apply(const Correction& correction) {
  Segment& segment = profile_.segments[correction.segment];
  const auto count = std::ranges::find(segment.counts, correction.spot, &SpotCount::spot);
  Spot shorter = profile_.spots[correction.spot];
  if (count == segment.counts.end() || count->times < 1 || shorter.executed < 1) {
    Refuse("it corrects what was not counted");
  }
  --count->times;
  if (--shorter.executed > 0) {
    const auto [known, added] =
        shortened_.try_emplace({shorter.node, shorter.run, shorter.executed},
                               static_cast<uint32_t>(profile_.spots.size()));
    if (added) profile_.spots.push_back(shorter);
    segment.counts.push_back({known->second, 1});
  }
  if (correction.string_spot_plus_1 == 0) return;
  const auto string =
      std::ranges::find(segment.strings, correction.string_spot_plus_1 - 1, &StringCount::spot);
  if (string == segment.strings.end() || string->iterations < 1) {
    Refuse("it corrects a string instruction that was not counted");
  }
  --string->iterations;
}

void Reader::CheckEnd() {
  const auto claimed = static_cast<int64_t>(Number());
  if (at_ != bytes_.size()) Refuse("it goes on behind its end");
  for (const Correction& correction : corrections_) Apply(correction);
  int64_t counted = 0;
  for (const Segment& segment : profile_.segments) counted += Instructions(profile_, segment);
  if (counted != claimed) {
    Refuse(fmt::format("its segments hold {} instructions, and the plugin counted {}", counted,
                       claimed));
  }
}

Profile Reader::Read() {
  TakeHeading();
  while (true) {
    if (at_ == bytes_.size()) Refuse("it has no end: QEMU did not end in order");
    switch (bytes_[at_++]) {
      case 'N':
        TakeNode();
        break;
      case 'R':
        TakeRun();
        break;
      case 'P':
        TakeSpot();
        break;
      case 'Q':
        profile_.string_spots.push_back({Below(profile_.nodes.size(), "node"), Number()});
        break;
      case 'S':
        TakeSegment();
        break;
      case 'A':
        TakeCorrection();
        break;
      case 'X': {
        const uint64_t length = Number();
        Refuse("the plugin gave up: " + std::string(bytes_.substr(at_, length)));
      }
      case 'E':
        CheckEnd();
        return std::move(profile_);
      default:
        Refuse("it holds an unknown record");
    }
  }
}

}  // namespace

Profile ReadProfile(std::string_view bytes) { return Reader(bytes).Read(); }

int64_t Instructions(const Profile& profile, const Segment& segment) {
  int64_t sum = 0;
  for (const SpotCount& count : segment.counts) {
    sum += count.times * profile.spots[count.spot].executed;
  }
  return sum;
}

}  // namespace procmark::explain
