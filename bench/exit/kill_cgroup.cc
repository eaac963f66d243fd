// SPDX-License-Identifier: MIT
// cgroup.kill: one write ends all processes of a cgroup.
#include <linux/fcntl.h>
#include <linux/signal.h>

#include "bench/subject/benchmark.h"
#include "bench/subject/memory.h"
#include "bench/subject/shape.h"
#include "bench/subject/text.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

// Descriptors of the cgroup's files.
struct Files {
  int procs;
  int kill;
};

struct Killer {
  Files* files;
};

int Open(const Context& context, const char* name, const char* why_not) {
  const int cgroup = context.pages->config.cgroup;
  if (cgroup < 0) context.Refuse("procmark-bench opened no cgroup", cgroup);
  const long fd = RawSyscall(__NR_openat, cgroup, RawArg(name), O_WRONLY | O_CLOEXEC, 0);
  if (fd < 0) context.Skip(why_not, -fd);
  return static_cast<int>(fd);
}

void NeedKill(Context& context, Killer& killer) {
  constexpr int64_t kOfAChild = 16;
  const int64_t tasks = static_cast<int64_t>(context.amount);
  context.expected.children = tasks;
  context.expected.faults = {tasks, kOfAChild * tasks};
  Shape cost{};
  cost.threads = static_cast<uint32_t>(context.amount);
  NeedMemory(context, BytesOf(cost));
  Files& files = *(killer.files = MapObject<Files>(context));
  files.procs = Open(context, "cgroup.procs", "processes cannot be put into a cgroup");
  files.kill = Open(context, "cgroup.kill", "this kernel has no cgroup.kill (since Linux 5.14)");
}

// Returns when the child is in the cgroup and sleeps, or is about to. It is moved there after its
// creation: Linux 6.18 was seen to kill at once each child that CLONE_INTO_CGROUP creates in a
// cgroup that was killed before (kernel/cgroup/cgroup.c, cgroup_css_set_fork takes kill_seq of the
// parent's cgroup).
void MakeSleeper(Context& context, const Files& files, const int* ready) {
  char byte = 0;
  const long pid = sys::RawFork();
  if (pid == 0) {
    RawSyscall(__NR_write, ready[1], RawArg(&byte), 1);
    while (true) RawSyscall(__NR_ppoll, 0, 0, 0, 0, 0);
  }
  if (pid < 0) context.Refuse("no child could be created: errno", -pid);
  if (RawSyscall(__NR_read, ready[0], RawArg(&byte), 1) != 1)
    context.Refuse("the child ended before it was killed: pid", pid);
  char number[24];
  const uint32_t size = Text(number, sizeof number).Add(pid).Size();
  const long moved = RawSyscall(__NR_write, files.procs, RawArg(number), static_cast<long>(size));
  if (moved != static_cast<long>(size))
    context.Refuse("the child could not be put into the cgroup: errno", -moved);
}

int64_t KillCgroup(Context& context, const Killer& killer) {
  const Files& files = *killer.files;
  const int64_t tasks = static_cast<int64_t>(context.amount);
  int ready[2] = {-1, -1};
  if (RawSyscall(__NR_pipe2, RawArg(ready), 0) != 0) context.Refuse("no pipe could be opened", 0);
  for (int64_t i = 0; i < tasks; ++i) MakeSleeper(context, files, ready);
  RawSyscall(__NR_close, ready[0]);
  RawSyscall(__NR_close, ready[1]);
  int64_t killed = 0;
  int status = 0;
  const int64_t start = context.Now();
  const long written = RawSyscall(__NR_write, files.kill, RawArg("1"), 1);
  for (int64_t i = 0; written == 1 && i < tasks; ++i) {
    if (RawSyscall(__NR_wait4, -1, RawArg(&status), 0, 0) > 0 && status == SIGKILL) ++killed;
  }
  const int64_t length = context.Length(start);
  if (written != 1) context.Refuse("cgroup.kill refused the 1: errno", -written);
  if (killed != tasks) context.Refuse("some processes were not killed; killed were", killed);
  context.children += tasks;
  return length;
}

template <Literal kTasks>
consteval Benchmark Kill() {
  return {.name = Join<"exit/signal:cgroup_kill/tasks:", kTasks, "/to:reaped">,
          .measures = Join<"the end of a cgroup's ", kTasks,
                           " sleeping processes by cgroup.kill, from the write until the last is "
                           "reaped by wait4(2)">,
          .not_timed = "their creation",
          .from = Edge::kCall,
          .to = Edge::kReaped,
          .tags = Tag::kCgroup,
          .parameter = "tasks",
          .children = 1,
          .run = Repeat<KillCgroup, NeedKill>};
}

PROCMARK_BENCHMARKS kKillCgroup = List(Kill<"1">(), Kill<"16">(), Kill<"64">());

}  // namespace
}  // namespace procmark::subject
