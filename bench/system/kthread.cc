// SPDX-License-Identifier: MIT
// Kernel threads, queued work and a walk over all tasks. A guest's kernel does them on an ioctl(2)
// if it has the lab module (images/lab).
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/sysinfo.h>

#include "bench/subject/benchmark.h"
#include "harness/sys/lab.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

constexpr int64_t kCalls = 64;  // in one sample: one is too short to be timed
constexpr int64_t kTimes = 16;  // in one call: one is little longer than a call

struct Lab {
  int device;
};

void NeedLab(Context& context, Lab& lab) {
  const long fd =
      RawSyscall(__NR_openat, AT_FDCWD, RawArg("/dev/" PROCMARK_LAB_DEVICE), O_RDWR | O_CLOEXEC, 0);
  if (fd == -ENOENT)
    context.Skip(
        "needs the lab module: a guest's cell with +lab=on (amd64/debian-6.1/max/exact+lab=on)");
  if (fd < 0) context.Skip("the lab module cannot be opened", -fd);
  lab.device = static_cast<int>(fd);
}

[[gnu::always_inline]] inline long AskLab(const Lab& lab, unsigned operation, long times) {
  return RawSyscall(__NR_ioctl, lab.device, static_cast<long>(operation), times);
}

int64_t None(Context& context, const Lab& lab) {
  long done = 0;
  const int64_t start = context.Now();
  for (int64_t i = 0; i < kCalls; ++i) done += AskLab(lab, PROCMARK_LAB_NONE, 1);
  const int64_t length = context.Length(start);
  if (done != kCalls)
    context.Refuse("the lab module did not answer each call; answers in all", done);
  return length;
}

// One call does it kCount times. The module checks each time and returns how many went well.
template <unsigned kOperation, int64_t kCount>
int64_t Do(Context& context, const Lab& lab) {
  const int64_t start = context.Now();
  const long done = AskLab(lab, kOperation, kCount);
  const int64_t length = context.Length(start);
  if (done != kCount)
    context.Refuse("not every operation of the lab module went well; these many did:", done);
  return length;
}

// Compares the number of tasks with the kernel's own count (nr_threads, from sysinfo(2)).
int64_t WalkTasks(Context& context, const Lab& lab) {
  const int64_t start = context.Now();
  const long seen = AskLab(lab, PROCMARK_LAB_WALK_TASKS, kTimes);
  const int64_t length = context.Length(start);
  struct sysinfo info {};
  RawSyscall(__NR_sysinfo, RawArg(&info));
  constexpr long kSlack = 4;  // kernel threads that started or ended meanwhile
  const long tasks = seen / kTimes;
  if (tasks < info.procs - kSlack || tasks > info.procs + kSlack)
    context.Refuse("the walk saw another number of tasks than sysinfo(2) counts:", tasks);
  return length;
}

struct Fields {
  Edge to = Edge::kParentReturn;
  int64_t operations = 1;
};

template <Literal kName, auto kSample>
consteval Benchmark InLab(const char* measures, Fields fields) {
  return {.name = Join<"kthread/", kName>,
          .measures = measures,
          .from = Edge::kCall,
          .to = fields.to,
          .operations = fields.operations,
          .run = Repeat<kSample, NeedLab>};
}

PROCMARK_BENCHMARKS kKernelThreads = List(
    InLab<"none", None>("an ioctl(2) that asks the lab module for nothing: the lower bound of this "
                        "family; one sample is 64",
                        {.operations = kCalls}),
    InLab<"create_stop", Do<PROCMARK_LAB_CREATE_STOP, 1>>(
        "kthread_create() and kthread_stop() of a kernel thread that is never woken and so ends "
        "before it calls its function",
        {.to = Edge::kReaped}),
    InLab<"run_stop", Do<PROCMARK_LAB_RUN_STOP, 1>>(
        "kthread_run(), which is kthread_create() and wake_up_process(), the wait until the "
        "thread's function has begun, and kthread_stop()",
        {.to = Edge::kReaped}),
    InLab<"work_flush", Do<PROCMARK_LAB_WORK_FLUSH, kTimes>>(
        "queueing a work for a kworker by schedule_work() and waiting for it by flush_work(); one "
        "sample is 16, in one ioctl(2)",
        {.operations = kTimes}),
    InLab<"walk_tasks", WalkTasks>(
        "the kernel's walk over all its tasks, threads included (for_each_process_thread); its "
        "length depends on their number; one sample is 16, in one ioctl(2)",
        {.operations = kTimes}));

}  // namespace
}  // namespace procmark::subject
