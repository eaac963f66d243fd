// SPDX-License-Identifier: MIT
// The tracer makes the kernel look wrong in one way to the tasks that it traces.
#pragma once

#include <string>
#include <vector>

#include "conformance/mutation/faults/fault.h"

namespace procmark::fault {

// Runs `argv` under the rules of the fault and returns its raw wait status. Rules with an edit do
// not apply to the program itself, which is the runner of the tests, nor to its children, which are
// the reapers: they apply to the descendants of those. All processes end with the caller
// (PTRACE_O_EXITKILL, PR_SET_PDEATHSIG). Throws sys::Complaint (lost) when the kernel refuses
// ptrace(2).
int RunOnFaultyKernel(const Fault& fault, const std::vector<std::string>& argv);

}  // namespace procmark::fault
