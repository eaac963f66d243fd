// SPDX-License-Identifier: MIT
// The plugin's side of the file.
#include "harness/explain/profile_file.h"

namespace procmark::explain {

ProfileWriter::ProfileWriter(std::FILE* file, std::string_view target) : file_(file) {
  std::fwrite(kProfileHeading.data(), 1, kProfileHeading.size(), file_);
  std::fwrite(target.data(), 1, target.size(), file_);
  std::fputc('\n', file_);
}

void ProfileWriter::Letter(char letter) { std::fputc(letter, file_); }

void ProfileWriter::Number(uint64_t number) {
  while (number >= 0x80) {
    std::fputc(static_cast<int>(number & 0x7f) | 0x80, file_);
    number >>= 7;
  }
  std::fputc(static_cast<int>(number), file_);
}

void ProfileWriter::Add(const PathNode& node) {
  Letter('N');
  Number(node.parent);
  Number(node.function);
  Number(static_cast<uint64_t>(node.how));
  Number(node.site);
}

void ProfileWriter::Add(const CodeRun& run) {
  Letter('R');
  Number(run.function);
  Number(run.begin);
  Number(run.sizes.size());
  for (const uint8_t size : run.sizes) Number(size);
}

void ProfileWriter::Add(const Spot& spot) {
  Letter('P');
  Number(spot.node);
  Number(spot.run);
  Number(spot.executed);
}

void ProfileWriter::Add(const StringSpot& spot) {
  Letter('Q');
  Number(spot.node);
  Number(spot.address);
}

void ProfileWriter::Add(const Segment& segment) {
  Letter('S');
  Number(static_cast<uint64_t>(segment.cut));
  Number(segment.task);
  Number(segment.life);
  Number(segment.seen_born ? 1 : 0);
  Number(static_cast<uint64_t>(segment.mode));
  Number(static_cast<uint64_t>(segment.idles));
  Number(segment.clock_address);
  Number(static_cast<uint64_t>(segment.entered_by));
  Number(segment.counts.size());
  for (const SpotCount& count : segment.counts) {
    Number(count.spot);
    Number(static_cast<uint64_t>(count.times));
  }
  Number(segment.strings.size());
  for (const StringCount& count : segment.strings) {
    Number(count.spot);
    Number(static_cast<uint64_t>(count.iterations));
    Number(static_cast<uint64_t>(count.passes));
    Number(static_cast<uint64_t>(count.bytes_read));
    Number(static_cast<uint64_t>(count.bytes_written));
  }
}

void ProfileWriter::Correct(uint64_t segment, uint32_t spot, uint32_t string_spot_plus_1) {
  Letter('A');
  Number(segment);
  Number(spot);
  Number(string_spot_plus_1);
}

void ProfileWriter::GiveUp(std::string_view sentence) {
  Letter('X');
  Number(sentence.size());
  std::fwrite(sentence.data(), 1, sentence.size(), file_);
}

void ProfileWriter::Finish(int64_t instructions) {
  Letter('E');
  Number(static_cast<uint64_t>(instructions));
  std::fclose(file_);
}

}  // namespace procmark::explain
