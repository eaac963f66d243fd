// SPDX-License-Identifier: MIT
// The verdicts of one run of procmark-conformance.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/sys/deadline.h"
#include "harness/wire/test_verdict.h"

namespace procmark::conformance {

// The exit code of a check that this machine cannot make: CTest's SKIP_RETURN_CODE.
constexpr int kSkipped = 77;

// How one test ended, and why.
struct Verdict {
  wire::TestVerdict verdict = wire::TestVerdict::kPass;
  std::string reason;
  // True when the test found a wrong kernel.
  bool Caught() const {
    return verdict == wire::TestVerdict::kFail || verdict == wire::TestVerdict::kTimeout ||
           verdict == wire::TestVerdict::kCrash;
  }
};
using Verdicts = std::map<std::string, Verdict>;

// Runs argv, which ends with procmark-conformance and its flags, and reads the verdicts from the
// wire. At the deadline its process group is killed, and the verdicts until then are returned.
// Throws sys::Complaint (lost) when it cannot be started or reports nothing. If `finished` is not
// null, sets it to whether the program ran to its end.
Verdicts RunTests(std::vector<std::string> argv, const sys::Deadline& deadline,
                  bool* finished = nullptr);

// "--gtest_filter=A:B:C".
std::string FilterOf(const std::vector<std::string>& tests);

// The first line of a reason, at most 160 bytes.
std::string FirstLine(const std::string& reason);

}  // namespace procmark::conformance
