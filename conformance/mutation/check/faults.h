// Does the suite notice a kernel that is wrong in one way?
#pragma once

#include <string>
#include <vector>

namespace procmark::mutation {

struct FaultPaths {
  std::string conformance;  // the program under test
  std::string fault;        // procmark-fault
  std::string table;        // faults.json
};

// Runs the whole core set on every faulty kernel (or on those named), twice what was caught once,
// and writes the table. What a right kernel under the same machinery fails is left out.
// Returns the exit code: 1 when a fault was caught by nobody.
int FindFaults(const FaultPaths& paths, const std::vector<std::string>& only);

// Runs each fault against the tests that the table names, and takes out those that pass on it now.
// Returns the exit code: 1 when a fault is caught by nobody any more.
int ConfirmFaults(const FaultPaths& paths);

// Runs each fault against its pinned tests, and these without a fault. Returns the exit code: 1
// when a pinned test passed on its faulty kernel, failed without a fault, or the table does not
// match procmark-fault; 77 when this machine refuses ptrace or seccomp.
// `part` is "K/N", 1 <= K <= N: each Nth fault from the Kth on, so that N of these can share the
// work. Throws sys::Complaint (usage) for anything else.
int CheckFaults(const FaultPaths& paths, const std::string& part);

}  // namespace procmark::mutation
