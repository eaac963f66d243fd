// SPDX-License-Identifier: GPL-2.0 OR MIT
// The lab: a module that does in the kernel what no system call asks for, so that a guest's
// benchmarks can time it (harness/sys/lab.h says what). One source for Linux 5.10 to 7.x.
#include "harness/sys/lab.h"

#include <linux/completion.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/workqueue.h>

#define RAN 1  // what a thread's function returns, and kthread_stop() with it

// Says that it has begun, and sleeps until it is to stop.
static int BeginAndSleep(void* begun) {
  complete(begun);
  for (;;) {
    set_current_state(TASK_IDLE);
    if (kthread_should_stop()) break;
    schedule();
  }
  __set_current_state(TASK_RUNNING);
  return RAN;
}

static long CreateStop(void) {
  struct completion begun;
  struct task_struct* thread;

  init_completion(&begun);
  thread = kthread_create(BeginAndSleep, &begun, PROCMARK_LAB_DEVICE);
  if (IS_ERR(thread)) return PTR_ERR(thread);
  // kernel/kthread.c kthread_stop(): "-EINTR if wake_up_process() was never called".
  return kthread_stop(thread) == -EINTR && !completion_done(&begun);
}

static long RunStop(void) {
  struct completion begun;
  struct task_struct* thread;

  init_completion(&begun);
  thread = kthread_run(BeginAndSleep, &begun, PROCMARK_LAB_DEVICE);
  if (IS_ERR(thread)) return PTR_ERR(thread);
  // A thread that is stopped before it has run never calls its function.
  wait_for_completion(&begun);
  return kthread_stop(thread) == RAN;
}

struct lab_work {
  struct work_struct work;
  long done;
};

static void Work(struct work_struct* work) { ++container_of(work, struct lab_work, work)->done; }

static long WorkFlush(void) {
  struct lab_work lab = {.done = 0};

  INIT_WORK_ONSTACK(&lab.work, Work);
  schedule_work(&lab.work);
  flush_work(&lab.work);
  destroy_work_on_stack(&lab.work);
  return lab.done;
}

static long WalkTasks(void) {
  struct task_struct* process;
  struct task_struct* thread;
  long tasks = 0;

  rcu_read_lock();
  for_each_process_thread(process, thread) { ++tasks; }
  rcu_read_unlock();
  return tasks;
}

static long DoOnce(unsigned int operation) {
  switch (operation) {
    case PROCMARK_LAB_NONE:
      return 1;
    case PROCMARK_LAB_CREATE_STOP:
      return CreateStop();
    case PROCMARK_LAB_RUN_STOP:
      return RunStop();
    case PROCMARK_LAB_WORK_FLUSH:
      return WorkFlush();
    case PROCMARK_LAB_WALK_TASKS:
      return WalkTasks();
    default:
      return -ENOTTY;
  }
}

static long Do(struct file* file, unsigned int operation, unsigned long count) {
  long sum = 0;

  if (count < 1 || count > PROCMARK_LAB_MOST) return -EINVAL;
  for (; count > 0; --count) {
    const long given = DoOnce(operation);

    if (given < 0) return given;
    sum += given;
  }
  return sum;
}

static const struct file_operations kOperations = {.owner = THIS_MODULE, .unlocked_ioctl = Do};
static struct miscdevice device = {
    .minor = MISC_DYNAMIC_MINOR, .name = PROCMARK_LAB_DEVICE, .fops = &kOperations};
module_misc_device(device);

MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("Kernel threads, work and task walks for procmark's benchmarks");
