// Settings of the whole machine: who may change them, and how they come back.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace procmark::conformance {

// True when the kernel command line carries the word `procmark.destructive`: this machine is a
// guest of ours that may be changed as a whole (its processors, its pools, its limits).
bool MayChangeTheMachine();

// N where the kernel command line of such a guest says `procmark.uid=N`: the tests are to be those
// of an ordinary user (`--cell CELL+cmdline=procmark.uid=65534`). -1 elsewhere.
long UidOfGuest();

// True in the initial pid namespace of such a guest: its PID 1 is the machine's own init.
bool UnderTheGuestsInit();

#define SKIP_UNLESS_DESTRUCTIVE()                                              \
  if (!::procmark::conformance::MayChangeTheMachine())                         \
    GTEST_SKIP() << "changes the whole machine: runs only where the kernel's " \
                    "command line carries procmark.destructive";               \
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to change the machine"

// The text of a small file, "" when it cannot be read.
std::string TextOf(const std::string& path);
// Writes a file in one write(2). The errno, or 0. Async-signal-safe but for the string's making.
int WriteText(const std::string& path, const std::string& text);

// A file of /proc/sys, /sys or the like that holds another text until the end of scope.
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
