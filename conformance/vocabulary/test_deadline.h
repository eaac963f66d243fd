// SPDX-License-Identifier: MIT
// The deadline that bounds every wait of the running test.
#pragma once

#include "harness/sys/deadline.h"

namespace procmark::conformance {

// Expires shortly before the runner kills the test, so that a wait that fails can still report what
// it saw. Forked children inherit it. Async-signal-safe.
sys::Deadline TestDeadline();

// Called by the runner in every test's process.
void SetTestDeadline(sys::Deadline deadline);

// For a loop that repeats a check to give a race its chance: true while round < most and at least
// half of the test's time is left. The first round always runs, so that a busy machine still makes
// the check once.
bool AnotherRound(int round, int most);

}  // namespace procmark::conformance
