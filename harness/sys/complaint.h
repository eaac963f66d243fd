// SPDX-License-Identifier: MIT
// Complaint: the one exception that reaches a person. Its text is one sentence that says what is
// wrong and how to mend it; its kind decides the exit code.
#pragma once

#include <stdexcept>
#include <string>

namespace procmark::sys {

// The exit codes of every procmark command (design: 0 fine, 130 interrupted are not complaints).
enum class ExitCode : int {
  kFine = 0,
  kRegression = 1,    // a regression or a conformance failure
  kUsage = 2,         // what was asked for cannot be: the user mends it
  kLost = 3,          // infrastructure failed: no verdict about any kernel
  kInconclusive = 4,  // only with --fail-on-inconclusive
  kInterrupted = 130,
};

class Complaint : public std::runtime_error {
 public:
  Complaint(ExitCode code, const std::string& sentence)
      : std::runtime_error(sentence), code_(code) {}
  ExitCode Code() const { return code_; }

 private:
  ExitCode code_;
};

// The user asked for something that cannot be (exit code 2).
[[noreturn]] inline void ThrowUsage(const std::string& sentence) {
  throw Complaint(ExitCode::kUsage, sentence);
}
// The machinery failed: disk, QEMU, network, a corrupt file (exit code 3).
[[noreturn]] inline void ThrowLost(const std::string& sentence) {
  throw Complaint(ExitCode::kLost, sentence);
}

}  // namespace procmark::sys
