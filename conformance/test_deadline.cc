// One value per process, inherited by fork.
#include "conformance/test_deadline.h"

namespace procmark::conformance {
namespace {
sys::Deadline test_deadline = sys::Deadline::Never();
}  // namespace

sys::Deadline TestDeadline() { return test_deadline; }
void SetTestDeadline(sys::Deadline deadline) { test_deadline = deadline; }

}  // namespace procmark::conformance
