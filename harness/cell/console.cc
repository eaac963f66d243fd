// SPDX-License-Identifier: MIT
#include "harness/cell/console.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "harness/cell/refusal.h"

namespace procmark::cell {
namespace {

// How Linux begins such lines (kernel/panic.c, lib/bug.c, arch/*/kernel/traps.c, mm/*, the lockup
// and RCU stall detectors). The benign forms that merely mention a word are not among them.
constexpr std::string_view kInit = "procmark-init: ";
constexpr std::string_view kPanic = "Kernel panic - not syncing";
constexpr std::array<std::string_view, 11> kTroubles = {
    "BUG: ",
    "kernel BUG at ",
    "Oops: ",
    "Oops - ",
    "Internal error: ",
    "Unable to handle kernel ",
    "general protection fault, ",
    "detected stall",
    "self-detected stall",
    "INFO: task ",
    "UBSAN: ",
};

// WARN() up to 6.18: "WARNING: CPU: 0 PID: 1 at kernel/fork.c:1 …"; from 6.19 on:
// "WARNING: kernel/fork.c:1 at …" (kernel/panic.c __warn()). Other lines that begin so are advice.
bool IsWarning(const std::string& line) {
  static const re2::RE2 kWarning(R"(WARNING: (CPU: [0-9]+ PID: |\S+:[0-9]+ at ))");
  return re2::RE2::PartialMatch(line, kWarning);
}

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

std::string ConsoleWatch::InitWords() const {
  std::string words;
  for (const std::string& line : init_lines_) words += (words.empty() ? "" : "; ") + line;
  return words;
}

void ConsoleWatch::Line(const std::string& line) {
  if (line.starts_with(kInit)) {
    if (init_lines_.size() == kMostInitLines) init_lines_.erase(init_lines_.begin());
    init_lines_.push_back(line.substr(kInit.size()));
    return;
  }
  if (!panic_ && line.find(kPanic) != std::string::npos) panic_ = line;
  if (!cpu_refusal_ && KernelRefusesCpu(line)) cpu_refusal_ = line;
  const bool trouble =
      IsWarning(line) || std::ranges::any_of(kTroubles, [&](std::string_view word) {
        return line.find(word) != std::string::npos;
      });
  if (trouble && troubles_.size() < kMostTroubles) troubles_.push_back(line);
}

}  // namespace procmark::cell
