// SPDX-License-Identifier: MIT
// Job: what the harness tells the init of a guest to do, in /procmark/job.json.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace procmark::guest {

struct JobProgram {
  std::vector<std::string> argv;  // argv[0] is an absolute path inside the guest
  int64_t deadline_ms = 0;        // of guest time, from its start; then everything is killed
};

// Faults that init commits on purpose, so that the harness's watchdogs can be tested.
enum class Fault {
  kNone,
  kPanic,    // writes "c" to /proc/sysrq-trigger
  kHang,     // spins with no output
  kMute,     // goes on and powers off, but sends nothing more (no done)
  kGarbage,  // sends bytes that are not records
  kExit,     // PID 1 exits: the kernel panics
  kOops,   // the kernel's log says "BUG: …", as after an oops that it survived; business as usual
  kTaint,  // the kernel is tainted as by a WARNING that no log shows; business as usual
  kFlood,  // writes to the console without end
  kPowerOff,  // powers off without a last record
  kReset,     // resets the machine
  kChannel,   // the device that the records leave by stops working; another one must do
  kSegv,      // the process that does the job dies by SIGSEGV
};

struct Job {
  int64_t settle_ms = 0;
  Fault fault = Fault::kNone;
  bool shell = false;     // run a shell on the console instead of the programs
  bool handover = false;  // the job comes later, after the guest has settled (handover.h)
  bool symbols = false;   // say what the kernel's symbols are, before the programs
  std::vector<JobProgram> programs;

  // Throws std::runtime_error with a sentence. Trailing white space is the boot image's padding.
  static Job Parse(std::string_view text);
};

}  // namespace procmark::guest
