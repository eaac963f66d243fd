// SPDX-License-Identifier: MIT
// One deadline per process; fork copies it.
#include "conformance/vocabulary/test_deadline.h"

namespace procmark::conformance {
namespace {
sys::Deadline test_deadline = sys::Deadline::Never();
sys::Deadline half_time = sys::Deadline::Never();
}  // namespace

sys::Deadline TestDeadline() { return test_deadline; }
void SetTestDeadline(sys::Deadline deadline) {
  test_deadline = deadline;
  half_time = sys::Deadline::After(deadline.PollTimeoutMs() / 2);
}
bool AnotherRound(int round, int most) {
  return round < most && (round == 0 || !half_time.Expired());
}

}  // namespace procmark::conformance
