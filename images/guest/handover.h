// SPDX-License-Identifier: MIT
// Handover: the host gives a settled guest its job through QEMU's debugger. It sets a breakpoint at
// a symbol and writes the job into a buffer. The guest needs no device, no driver and no polling,
// so a guest that was restored from a snapshot continues exactly as one that has just booted.
#pragma once

#include <string_view>

namespace procmark::guest {

// Executes the instruction at the symbol `procmark_handover` with the buffer `procmark_job` in
// memory, and returns what the host wrote there, up to the first zero byte; empty when it wrote
// nothing. The address space must be the one that the host will see, so the caller is the process
// that reads the job. For single-threaded callers only.
std::string_view TakeHandedOverJob();

}  // namespace procmark::guest
