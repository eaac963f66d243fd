// SPDX-License-Identifier: MIT
// ConsoleWatch: what a guest's kernel log says about the kernel's health.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/cell/tail.h"

namespace procmark::cell {

class ConsoleWatch {
 public:
  void Add(std::string_view bytes);

  // The line of a panic ("Kernel panic - not syncing: …"), if one came.
  const std::optional<std::string>& Panic() const { return panic_; }
  // The line by which the kernel refused its CPU, if one came.
  const std::optional<std::string>& CpuRefusal() const { return cpu_refusal_; }
  // Lines of an oops, a BUG or a WARNING, in order, at most kMostTroubles of them: the kernel may
  // live on after them, but it is not sound.
  const std::vector<std::string>& Troubles() const { return troubles_; }
  // What the guest's init said there (images/guest/init.cc), its last sentences joined by "; ".
  std::string InitWords() const;
  // The last lines, printable characters only.
  std::string TailText() const { return tail_.Text(); }

 private:
  static constexpr size_t kTailBytes = 4096;
  static constexpr size_t kMostTroubles = 20;
  static constexpr size_t kMostInitLines = 4;
  static constexpr size_t kLongestLine = 512;

  void Line(const std::string& line);

  std::string partial_;
  std::optional<std::string> panic_;
  std::optional<std::string> cpu_refusal_;
  std::vector<std::string> troubles_;
  std::vector<std::string> init_lines_;
  Tail tail_{kTailBytes};
};

}  // namespace procmark::cell
