// SPDX-License-Identifier: MIT
// Runs the tests on kernels that are wrong in one way, and checks that they fail.
#pragma once

#include <string>
#include <vector>

namespace procmark::mutation {

struct FaultPaths {
  std::string conformance;  // the program under test
  std::string fault;        // procmark-fault
  std::string table;        // faults.json
};

// Runs the core tests on every fault, or on those in `only`, runs the tests that failed once more,
// and writes the table. Tests that also fail without a fault do not count. Returns the exit code: 1
// when no test catches some fault.
int FindFaults(const FaultPaths& paths, const std::vector<std::string>& only);

// Runs the tests of the table again, each on its fault, and removes those that pass now. Returns
// the exit code: 1 when no test catches some fault any more.
int ConfirmFaults(const FaultPaths& paths);

// Runs the pinned tests of each fault with the fault and without it. Returns the exit code: 1 when
// a pinned test passes with its fault, when it fails without, or when the table and procmark-fault
// do not agree; 77 when this machine refuses ptrace(2) or seccomp(2). `part` is "K/N" with 1 <= K
// <= N: every Nth fault, beginning with the Kth. Throws sys::Complaint (usage) for any other
// `part`.
int CheckFaults(const FaultPaths& paths, const std::string& part);

}  // namespace procmark::mutation
