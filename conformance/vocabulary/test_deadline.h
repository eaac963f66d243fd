// The deadline that bounds every wait of the running test.
#pragma once

#include "harness/sys/deadline.h"

namespace procmark::conformance {

// Expires a little before the runner kills the test, so that a wait that fails can still say what
// it saw. Inherited by forked children. Async-signal-safe.
sys::Deadline TestDeadline();

// Set by the runner in every test's process.
void SetTestDeadline(sys::Deadline deadline);

// For a loop that repeats a property to give a race its chance: true while round < most and half of
// the test's time is left. The first round is always run: on a machine that is too busy for more,
// the property is still looked at once.
bool AnotherRound(int round, int most);

}  // namespace procmark::conformance
