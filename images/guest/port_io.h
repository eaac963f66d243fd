// SPDX-License-Identifier: MIT
// Instructions on x86 I/O ports that report a fault as an error instead of killing the caller.
//
// ioperm(2) can succeed and the instruction still fault: QEMU's emulation of AMD's SVM refuses the
// task state segment that KVM restores, so in a KVM guest on such a machine every port instruction
// of a user process is a general protection fault.
#pragma once

#if defined(__x86_64__)

#include <cstdint>
#include <string_view>

#include "harness/sys/result.h"

namespace procmark::guest {

// Both need the right to use the port (ioperm(2)) and return EFAULT when the instruction faults.
// The first call installs a handler of SIGSEGV for the rest of the process's life; a SIGSEGV that
// comes from anywhere else still kills. Not for more than one thread.

sys::Result<unsigned char> ReadPort(uint16_t port);

// Writes `bytes` to the port. Removes from the front of `bytes` what was written.
sys::Result<void> WritePort(uint16_t port, std::string_view& bytes);

}  // namespace procmark::guest

#endif
