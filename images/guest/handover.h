// Handover: where a guest that has settled is stopped and given its job from outside. The host sets
// a breakpoint at a symbol, and writes the job into a buffer, by QEMU's own debugger: no device, no
// driver and no polling in the guest, so that a guest that was restored from a snapshot goes on as
// one that has just booted.
#pragma once

#include <string_view>

namespace procmark::guest {

// Executes the instruction at the symbol `procmark_handover` with the buffer `procmark_job` in
// memory, and returns what was written there: up to its first zero byte, empty when nobody did.
// The address space must be the one that the host will see, so the caller is the process that reads
// the job. Not for more than one thread.
std::string_view TakeHandedOverJob();

}  // namespace procmark::guest
