// The deadline that bounds every wait of the running test.
#pragma once

#include "harness/sys/deadline.h"

namespace procmark::conformance {

// Expires a little before the runner kills the test, so that a wait that fails can still say what
// it saw. Inherited by forked children. Async-signal-safe.
sys::Deadline TestDeadline();

// Set by the runner in every test's process.
void SetTestDeadline(sys::Deadline deadline);

}  // namespace procmark::conformance
