// Kernel threads, queued work and a walk over all tasks, where a guest's kernel has the lab module
// (images/lab), which does them when asked by ioctl(2).
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/sysinfo.h>

#include "bench/subject/context.h"
#include "harness/sys/lab.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

constexpr int64_t kCalls = 64;  // in a sample, of what is too short to be timed alone
constexpr int64_t kTimes = 16;  // in one call, of what is not much longer than a call

void NeedLab(Context& context) {
  const long fd =
      RawSyscall(__NR_openat, AT_FDCWD, RawArg("/dev/" PROCMARK_LAB_DEVICE), O_RDWR | O_CLOEXEC, 0);
  if (fd == -ENOENT)
    context.Skip(
        "needs the lab module: a guest's cell with +lab=on (amd64/debian-6.1/max/exact+lab=on)");
  if (fd < 0) context.Skip("the lab module cannot be opened", -fd);
  context.status = static_cast<int>(fd);
}

[[gnu::always_inline]] inline long AskLab(const Context& context, unsigned operation, long times) {
  return RawSyscall(__NR_ioctl, context.status, static_cast<long>(operation), times);
}

int64_t None(Context& context) {
  long done = 0;
  const int64_t start = context.Now();
  for (int64_t i = 0; i < kCalls; ++i) done += AskLab(context, PROCMARK_LAB_NONE, 1);
  const int64_t length = context.Length(start);
  if (done != kCalls) context.Refuse("the lab module did not answer each call but in all", done);
  return length;
}

// One call that does it kCount times, each of which the module has checked.
template <unsigned kOperation, int64_t kCount>
int64_t Do(Context& context) {
  const int64_t start = context.Now();
  const long done = AskLab(context, kOperation, kCount);
  const int64_t length = context.Length(start);
  if (done != kCount) context.Refuse("the lab module did not see each end as it should but", done);
  return length;
}

// Held against the kernel's own count (nr_threads, of sysinfo(2)).
int64_t WalkTasks(Context& context) {
  const int64_t start = context.Now();
  const long seen = AskLab(context, PROCMARK_LAB_WALK_TASKS, kTimes);
  const int64_t length = context.Length(start);
  struct sysinfo info {};
  RawSyscall(__NR_sysinfo, RawArg(&info));
  constexpr long kSlack = 4;  // threads of the kernel that came or went meanwhile
  const long tasks = seen / kTimes;
  if (tasks < info.procs - kSlack || tasks > info.procs + kSlack)
    context.Refuse("the walk did not see as many tasks as sysinfo(2) counts but", tasks);
  return length;
}

#define PROCMARK_KTHREAD(name, sentence, to, operations, measure)                               \
  {                                                                                             \
    "kthread/" name, sentence, "kthread", Edge::kCall, to, "raw", "kthread", "", operations, 0, \
        FaultRange{0, 0}, NeedLab, Repeat<measure>                                              \
  }

PROCMARK_BENCHMARKS kKernelThreads[] = {
    PROCMARK_KTHREAD("none",
                     "Measures asking the lab module for nothing by ioctl(2): the floor of its "
                     "family; one sample is 64.",
                     Edge::kParentReturn, kCalls, None),
    PROCMARK_KTHREAD("create_stop",
                     "Measures kthread_create() and kthread_stop() of a kernel thread that nobody "
                     "woke, and that ends without having called its function.",
                     Edge::kReaped, 1, (Do<PROCMARK_LAB_CREATE_STOP, 1>)),
    PROCMARK_KTHREAD("run_stop",
                     "Measures kthread_run(), which is kthread_create() and wake_up_process(), the "
                     "wait until the thread's function has begun, and kthread_stop().",
                     Edge::kReaped, 1, (Do<PROCMARK_LAB_RUN_STOP, 1>)),
    PROCMARK_KTHREAD("work_flush",
                     "Measures handing a work to a kworker by schedule_work() and waiting for it "
                     "by flush_work(); one sample is 16, in one ioctl(2).",
                     Edge::kParentReturn, kTimes, (Do<PROCMARK_LAB_WORK_FLUSH, kTimes>)),
    PROCMARK_KTHREAD("walk_tasks",
                     "Measures the kernel's walk over all its tasks, threads included "
                     "(for_each_process_thread); its length is their number; one sample is 16, in "
                     "one ioctl(2).",
                     Edge::kParentReturn, kTimes, WalkTasks)};

}  // namespace
}  // namespace procmark::subject
