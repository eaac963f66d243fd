// SPDX-License-Identifier: MIT
// Settings of the whole machine: which tests may change them, and how they are put back.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace procmark::conformance {

// True when the kernel command line has the word `procmark.destructive`: this machine is a guest of
// procmark, and a test may change all of it (its processors, its pools, its limits).
bool MayChangeTheMachine();

// N where the kernel command line of such a guest has `procmark.uid=N`: the tests then run as this
// ordinary user (`--cell CELL+cmdline=procmark.uid=65534`). -1 elsewhere.
long UidOfGuest();

// True in the initial pid namespace of such a guest, where PID 1 is the guest's own init.
bool UnderTheGuestsInit();

#define SKIP_UNLESS_DESTRUCTIVE()                                               \
  if (!::procmark::conformance::MayChangeTheMachine())                          \
    GTEST_SKIP() << "changes the whole machine: it runs only where the kernel " \
                    "command line has procmark.destructive";                    \
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to change the machine"

// Writes another text to a file of /proc/sys or /sys, and the former text at the end of scope.
class ReplacedSetting {
 public:
  // Throws std::system_error when the file cannot be read or written.
  ReplacedSetting(std::string path, const std::string& text);
  ~ReplacedSetting();
  ReplacedSetting(const ReplacedSetting&) = delete;
  ReplacedSetting& operator=(const ReplacedSetting&) = delete;

 private:
  std::string path_;
  std::string before_;
};

}  // namespace procmark::conformance
