// SPDX-License-Identifier: MIT
// The seccomp filter of a fault: it selects the system calls that stop for the tracer and those
// that are skipped.
#pragma once

#include <linux/filter.h>

#include <vector>

#include "conformance/mutation/faults/fault.h"

namespace procmark::fault {

// The filter as classic BPF over seccomp_data. The first rule whose number and conditions match
// decides. Every other call is allowed, and so is every call of an ABI other than amd64's.
std::vector<sock_filter> MakeFilter(const std::vector<Rule>& rules);

// Installs the filter for the calling process and its descendants. Sets no_new_privs first for a
// user without CAP_SYS_ADMIN, as seccomp(2) requires. Throws sys::Complaint (usage) when the kernel
// refuses it.
void InstallFilter(const std::vector<Rule>& rules);

}  // namespace procmark::fault
