// The verdicts of one run of procmark-conformance, whatever it runs on.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/sys/deadline.h"
#include "harness/wire/test_verdict.h"

namespace procmark::mutation {

// What a check exits with that cannot be made here: CTest's SKIP_RETURN_CODE.
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

// Runs argv, which must end in procmark-conformance and its flags, with its records read from it.
// It is killed with all its group at the deadline; what it said until then counts.
// Throws sys::Complaint: lost when it cannot be started or says nothing at all.
Verdicts RunTests(std::vector<std::string> argv, const sys::Deadline& deadline);

// "--gtest_filter=A:B:C".
std::string FilterOf(const std::vector<std::string>& tests);

// The first line of a reason, at most 160 bytes.
std::string FirstLine(const std::string& reason);

}  // namespace procmark::mutation
