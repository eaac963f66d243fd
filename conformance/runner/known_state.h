// SPDX-License-Identifier: MIT
// What the runner and its tests inherit from the caller, set to a known state.
#pragma once

namespace procmark::conformance {

// Signals, descriptors, the umask, the nice value, the scheduling policy, the I/O priority, the
// personality, the core dump filter and the resource limits get the values that a login has. What
// this user may not change stays: Surroundings() (surroundings.h) names it.
void SetKnownState();

}  // namespace procmark::conformance
