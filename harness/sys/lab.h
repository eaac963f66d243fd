// SPDX-License-Identifier: MIT
// The lab: what images/lab/lab.c, a module of the guest's kernel, does for the benchmarks. In C, as
// both sides include it: the module's operations are the numbers of its ioctl(2).
#pragma once

#include <linux/ioctl.h>

#define PROCMARK_LAB_DEVICE "procmark_lab"  // in /dev

// ioctl(device, operation, count) does it `count` times, 1 to PROCMARK_LAB_MOST, and returns the
// sum of what each gave; -1 and errno when one failed: ENOTTY for an unknown operation, EINVAL for
// another count, and what the kernel's own functions give.
enum {
  // Nothing: what asking costs. Gives 1.
  PROCMARK_LAB_NONE = _IO('m', 0),
  // kthread_create() and kthread_stop() of a thread that nobody woke. Gives 1 when it ended without
  // having called its function.
  PROCMARK_LAB_CREATE_STOP = _IO('m', 1),
  // kthread_run(), which is kthread_create() and wake_up_process(); waits until the thread's
  // function has begun; kthread_stop(). Gives 1 when the function returned as it should.
  PROCMARK_LAB_RUN_STOP = _IO('m', 2),
  // schedule_work() on the system's workqueue and flush_work(). Gives 1 when the work was done.
  PROCMARK_LAB_WORK_FLUSH = _IO('m', 3),
  // for_each_process_thread(), under RCU. Gives the tasks seen.
  PROCMARK_LAB_WALK_TASKS = _IO('m', 4),
};

#define PROCMARK_LAB_MOST 1024
