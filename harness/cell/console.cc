#include "harness/cell/console.h"

#include <algorithm>
#include <array>

namespace procmark::cell {
namespace {

// How Linux begins such lines (kernel/panic.c, lib/bug.c, arch/*/kernel/traps.c, mm/*, the lockup
// and RCU stall detectors). The benign forms that merely mention a word are not among them.
constexpr std::string_view kPanic = "Kernel panic - not syncing";
constexpr std::array<std::string_view, 12> kTroubles = {
    "BUG: ",
    "kernel BUG at ",
    "Oops: ",
    "Oops - ",
    "WARNING: CPU: ",
    "Internal error: ",
    "Unable to handle kernel ",
    "general protection fault, ",
    "detected stall",
    "self-detected stall",
    "INFO: task ",
    "UBSAN: ",
};

}  // namespace

void ConsoleWatch::Add(std::string_view bytes) {
  std::string shown;
  for (const char byte : bytes) {
    const bool printable =
        byte == '\n' || byte == '\t' || (static_cast<unsigned char>(byte) >= 0x20 && byte != 0x7f);
    if (printable) shown += byte;
  }
  tail_.Add(shown);
  for (const char byte : shown) {
    if (byte == '\n') {
      Line(partial_);
      partial_.clear();
    } else if (partial_.size() < kLongestLine) {
      partial_ += byte;
    }
  }
}

void ConsoleWatch::Line(const std::string& line) {
  if (!panic_ && line.find(kPanic) != std::string::npos) panic_ = line;
  const bool trouble = std::ranges::any_of(
      kTroubles, [&](std::string_view word) { return line.find(word) != std::string::npos; });
  if (trouble && troubles_.size() < kMostTroubles) troubles_.push_back(line);
}

}  // namespace procmark::cell
