// The seccomp filter of a fault: which system calls stop for the tracer, which are answered at
// once.
#pragma once

#include <linux/filter.h>

#include <vector>

#include "conformance/mutation/faults/fault.h"

namespace procmark::fault {

// Classic BPF over seccomp_data: the first rule whose number and conditions fit decides; every
// other call, and every call of another ABI than amd64's, is allowed.
std::vector<sock_filter> MakeFilter(const std::vector<Rule>& rules);

// Installs it for the calling process and all that it makes. A user without CAP_SYS_ADMIN sets
// no_new_privs first, as seccomp(2) demands. Throws sys::Complaint (usage) when this is refused.
void InstallFilter(const std::vector<Rule>& rules);

}  // namespace procmark::fault
