// Every process of the guest but init: how they are counted and ended.
#pragma once

#include <vector>

#include "harness/sys/deadline.h"
#include "harness/sys/pid.h"

namespace procmark::guest {

// The user processes that live (zombies excluded) beside PID 1 and the caller. Kernel threads
// (PF_KTHREAD in /proc/PID/stat, include/linux/sched.h) are not listed. Needs /proc.
std::vector<sys::Pid> OtherProcesses();

// SIGKILL to OtherProcesses(), again and again until none is left; while it looks, the caller runs
// as SCHED_FIFO, so that on one CPU nothing can fork in between. Returns false when some still
// live at the deadline. The caller must be a guest's: the caller guarantees that PID 1 is our init.
[[nodiscard]] bool KillOtherProcesses(sys::Deadline deadline);

}  // namespace procmark::guest
