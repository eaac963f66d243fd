// cgroup.kill: the end of all processes of a cgroup by one write.
#include <linux/fcntl.h>
#include <linux/signal.h>

#include "bench/subject/shape.h"
#include "bench/subject/text.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

// The descriptors that a sample writes to.
struct Files {
  int procs;
  int kill;
};

Files& FilesOf(const Context& context) { return *static_cast<Files*>(context.area); }

int Open(const Context& context, const char* name, const char* why_not) {
  const int cgroup = context.pages->config.cgroup;
  if (cgroup < 0) context.Refuse("no cgroup was handed over", cgroup);
  const long fd = RawSyscall(__NR_openat, cgroup, RawArg(name), O_WRONLY | O_CLOEXEC, 0);
  if (fd < 0) context.Skip(why_not, -fd);
  return static_cast<int>(fd);
}

void NeedKill(Context& context) {
  constexpr int64_t kOfAChild = 16;
  const int64_t tasks = static_cast<int64_t>(context.amount);
  context.expected.children = tasks;
  context.expected.faults = {tasks, kOfAChild * tasks};
  Shape cost{};
  cost.threads = static_cast<uint32_t>(context.amount);
  NeedMemory(context, BytesOf(cost));
  context.area = MapSmall(context, context.page_bytes);
  Files& files = FilesOf(context);
  files.procs = Open(context, "cgroup.procs", "processes cannot be put into a cgroup");
  files.kill = Open(context, "cgroup.kill", "cgroup.kill is not to be had (since Linux 5.14)");
}

// Returns when the child is in the cgroup and sleeps, or is about to. It is put there after its
// creation: Linux 6.18 was seen to kill at once whatever CLONE_INTO_CGROUP makes in a cgroup that
// was killed before (kernel/cgroup/cgroup.c, cgroup_css_set_fork takes kill_seq of the parent's).
void MakeSleeper(Context& context, const int* ready) {
  char byte = 0;
  const long pid = sys::RawFork();
  if (pid == 0) {
    RawSyscall(__NR_write, ready[1], RawArg(&byte), 1);
    while (true) RawSyscall(__NR_ppoll, 0, 0, 0, 0, 0);
  }
  if (pid < 0) context.Refuse("no child could be created: errno", -pid);
  if (RawSyscall(__NR_read, ready[0], RawArg(&byte), 1) != 1)
    context.Refuse("the child ended before it was killed", pid);
  char number[24];
  const uint32_t size = Text(number, sizeof number).Add(pid).Size();
  const long moved =
      RawSyscall(__NR_write, FilesOf(context).procs, RawArg(number), static_cast<long>(size));
  if (moved != static_cast<long>(size))
    context.Refuse("the child could not be put into the cgroup: errno", -moved);
}

int64_t KillCgroup(Context& context) {
  const int64_t tasks = static_cast<int64_t>(context.amount);
  int ready[2] = {-1, -1};
  if (RawSyscall(__NR_pipe2, RawArg(ready), 0) != 0) context.Refuse("no pipe could be had", 0);
  for (int64_t i = 0; i < tasks; ++i) MakeSleeper(context, ready);
  RawSyscall(__NR_close, ready[0]);
  RawSyscall(__NR_close, ready[1]);
  int64_t killed = 0;
  int status = 0;
  const int64_t start = context.Now();
  const long written = RawSyscall(__NR_write, FilesOf(context).kill, RawArg("1"), 1);
  for (int64_t i = 0; written == 1 && i < tasks; ++i) {
    if (RawSyscall(__NR_wait4, -1, RawArg(&status), 0, 0) > 0 && status == SIGKILL) ++killed;
  }
  const int64_t length = context.Length(start);
  if (written != 1) context.Refuse("cgroup.kill took no 1: errno", -written);
  if (killed != tasks) context.Refuse("not every process was killed but", killed);
  context.children += tasks;
  return length;
}

#define PROCMARK_KILL(tasks)                                                              \
  {                                                                                       \
    "exit/signal:cgroup_kill/tasks:" #tasks "/to:reaped",                                 \
        "Measures the end of a cgroup's " #tasks                                          \
        " sleeping processes by cgroup.kill, from the write until the last is reaped by " \
        "wait4(2). Not timed: their creation.",                                           \
        "exit", Edge::kCall, Edge::kReaped, "raw", "exit,cgroup", "", 1, 1, FaultRange{}, \
        NeedKill, Repeat<KillCgroup>, "tasks"                                             \
  }

PROCMARK_BENCHMARKS kKillCgroup[] = {PROCMARK_KILL(1), PROCMARK_KILL(16), PROCMARK_KILL(64)};

}  // namespace
}  // namespace procmark::subject
