// SPDX-License-Identifier: MIT
// What this machine denies to the tests, whatever its kernel is: the reasons for which a test that
// fails is skipped.
#pragma once

#include <string>
#include <vector>

#include "conformance/vocabulary/refusal.h"

namespace procmark::conformance {

struct Surroundings {
  // Each fits "the test is not judged: …". Empty: clone3(2) and ptrace(2) work.
  std::string no_clone3;
  std::string no_ptrace;
  // What can make any test fail: a tracer above the runner, or too few processes, descriptors or
  // other resources. One sentence each.
  std::vector<std::string> spoilers;

  // Why a test with these notes must not be blamed for a failure, or "".
  std::string Excuse(const RefusalNotes& notes) const;
};

// Probes the machine. Call it after SetKnownState() and as the user who runs the tests.
Surroundings ProbeSurroundings();

}  // namespace procmark::conformance
