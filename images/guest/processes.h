// SPDX-License-Identifier: MIT
// Counts and ends all processes of the guest except init.
#pragma once

#include <vector>

#include "harness/sys/deadline.h"
#include "harness/sys/pid.h"

namespace procmark::guest {

// The living user processes, without zombies, PID 1 and the caller. Kernel threads
// (PF_KTHREAD in /proc/PID/stat, include/linux/sched.h) are not listed. Needs /proc.
std::vector<sys::Pid> OtherProcesses();

// Sends SIGKILL to every number up to pid_max except 1 and the caller's. Kernel threads ignore it.
// It needs no memory from the kernel and runs as SCHED_FIFO, so that on one CPU nothing can fork in
// the meantime and even a fork bomb ends. The caller guarantees that this is a guest whose PID 1 is
// our init.
void KillAtOnce();

// KillAtOnce until OtherProcesses() is empty. False when some still live at the deadline.
[[nodiscard]] bool KillOtherProcesses(sys::Deadline deadline);

}  // namespace procmark::guest
