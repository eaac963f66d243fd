// SPDX-License-Identifier: MIT
// The state of a stopped guest without its memory, as bytes: QEMU's migration stream.
#pragma once

#include <string>

#include "harness/cell/qmp.h"

namespace procmark::cell {

// The state of a guest that stands at a breakpoint and whose memory is a shared file, which is left
// out (capability x-ignore-shared). The guest can go on afterwards. Throws a lost Complaint when
// QEMU refuses.
std::string SaveState(Qmp& monitor);

// Gives a QEMU that waits for it (-incoming defer) that state. The guest is paused then.
void LoadState(Qmp& monitor, const std::string& state);

// The stream says in which run state the guest is to go on, and QEMU refuses "debug", which is what
// a guest at a breakpoint is in: says "paused" instead. Throws a lost Complaint when the stream
// does not say "debug" exactly once. Source: QEMU softmmu/runstate.c, migration/global_state.c.
std::string AsPaused(std::string state);

}  // namespace procmark::cell
