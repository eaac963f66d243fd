// The tracer: the kernel that is wrong in one way, as the traced tasks see it.
#pragma once

#include <string>
#include <vector>

#include "conformance/mutation/faults/fault.h"

namespace procmark::fault {

// Runs argv with the fault's rules in force and returns its raw wait status. Rules with an edit
// touch neither the program itself (the runner of tests) nor its children (their reapers), only
// what those start. All of it dies with the caller (PTRACE_O_EXITKILL, PR_SET_PDEATHSIG).
// Throws sys::Complaint: usage when the program cannot be run or seccomp is refused, lost when
// ptrace(2) is.
int RunOnFaultyKernel(const Fault& fault, const std::vector<std::string>& argv);

}  // namespace procmark::fault
