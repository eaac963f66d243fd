// Every process of the guest but init: how they are counted and ended.
#pragma once

#include <vector>

#include "harness/sys/deadline.h"
#include "harness/sys/pid.h"

namespace procmark::guest {

// The user processes that live (zombies excluded) beside PID 1 and the caller. Kernel threads
// (PF_KTHREAD in /proc/PID/stat, include/linux/sched.h) are not listed. Needs /proc.
std::vector<sys::Pid> OtherProcesses();

// SIGKILL to every number up to pid_max but 1 and the caller's: kernel threads ignore it. It asks
// the kernel for no memory, and runs as SCHED_FIFO, so that on one CPU nothing can fork meanwhile:
// a fork bomb ends here. The caller guarantees that this is a guest whose PID 1 is our init.
void KillAtOnce();

// KillAtOnce until OtherProcesses() is empty. False when some still live at the deadline.
[[nodiscard]] bool KillOtherProcesses(sys::Deadline deadline);

}  // namespace procmark::guest
