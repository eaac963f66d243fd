// SPDX-License-Identifier: MIT
// Kernel threads: what they look like, and what other processes may not do to them.
#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "conformance/vocabulary/descriptors.h"
#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/machine_setting.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/outer_proc.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/test_deadline.h"
#include "conformance/vocabulary/tracing.h"
#include "conformance/vocabulary/usermode_helper.h"
#include "harness/sys/fd.h"
#include "harness/sys/proc_stat.h"

namespace procmark::conformance {
namespace {

constexpr int64_t kKernelThread = 0x200000;  // PF_KTHREAD
constexpr int64_t kFixedCpu = 0x4000000;     // PF_NO_SETAFFINITY

struct Task {
  sys::ProcStat stat;
  std::string status;
  bool has_program = false;
  bool IsKernelThread() const { return (stat.Flags() & kKernelThread) != 0; }
};

std::string TextAt(const sys::Fd& proc, const std::string& path) {
  const sys::Fd file(::openat(proc.Get(), path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(8192, '\0');
  const ssize_t got = file.Valid() ? ::read(file.Get(), text.data(), text.size()) : -1;
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return text;
}

// Every process in that /proc, without those that end meanwhile.
std::vector<Task> TasksIn(const sys::Fd& proc) {
  const sys::Fd again(::openat(proc.Get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::fdopendir(::dup(again.Get())), ::closedir);
  std::vector<Task> tasks;
  while (folder != nullptr) {
    const dirent* entry = ::readdir(folder.get());
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    sys::Result<sys::ProcStat> stat = sys::ProcStat::Parse(TextAt(proc, name + "/stat"));
    std::string status = TextAt(proc, name + "/status");
    if (!stat || status.empty()) continue;
    char target[64];
    const bool program =
        ::readlinkat(proc.Get(), (name + "/exe").c_str(), target, sizeof target) >= 0;
    tasks.push_back({std::move(stat).Value(), std::move(status), program});
  }
  return tasks;
}

#define OUTER_PROC(name)                          \
  std::string why_no_##name;                      \
  const sys::Fd name = OuterProc(&why_no_##name); \
  if (!name.Valid()) GTEST_SKIP() << why_no_##name

// A program that the kernel started has parent 2 as well, until it ends. So this looks again until
// the deadline.
bool StaysChildOfKthreadd(const sys::Fd& proc, const Task& task) {
  while (!TestDeadline().Expired()) {
    const auto now = sys::ProcStat::Parse(TextAt(proc, std::to_string(task.stat.pid) + "/stat"));
    if (!now || now.Value().ParentPid() != 2) return false;
    if (now.Value().StartTimeTicks() != task.stat.StartTimeTicks()) return false;
    (void)::sched_yield();
  }
  return true;
}

PROMISE(KernelThread, AllAreChildrenOfKthreadd,
        {
            .says = "Pid 2 is kthreadd with parent 0, and parent 2 belongs to all other kernel "
                    "threads and to no process except programs that the kernel itself started.",
            .item = "328",
            .authority = "init/main.c rest_init(); kernel/kthread.c",
            .kind = Kind::kLinux,
        }) {
  OUTER_PROC(proc);
  int kernel_threads = 0;
  int others = 0;
  for (const Task& task : TasksIn(proc)) {
    if (task.stat.pid == 2) {
      EXPECT_EQ(task.stat.comm, "kthreadd");
      EXPECT_EQ(task.stat.ParentPid(), 0);
      EXPECT_TRUE(task.IsKernelThread());
    } else if (task.IsKernelThread()) {
      EXPECT_EQ(task.stat.ParentPid(), 2) << task.stat.comm;
      ++kernel_threads;
    } else {
      EXPECT_FALSE(task.stat.ParentPid() == 2 && StaysChildOfKthreadd(proc, task))
          << task.stat.comm;
      ++others;
    }
  }
  EXPECT_GT(kernel_threads, 3);
  EXPECT_GT(others, 1) << "the control: init and the test";
}

PROMISE(KernelThread, HaveNoMemoryAndNoProgram,
        {
            .says = "A kernel thread has neither Vm lines in its status nor an exe link, and a "
                    "living process has both.",
            .item = "328",
            .authority = "proc_pid_status(5), proc_pid_exe(5)",
        }) {
  OUTER_PROC(proc);
  bool seen_process = false;
  for (const Task& task : TasksIn(proc)) {
    if (task.stat.state == 'Z' || task.stat.state == 'X') continue;
    const bool has_memory = task.status.find("\nVmSize:") != std::string::npos;
    if (task.IsKernelThread()) {
      EXPECT_FALSE(has_memory) << task.stat.comm;
      EXPECT_FALSE(task.has_program) << task.stat.comm;
    } else if (has_memory && task.has_program) {
      seen_process = true;
    }
  }
  EXPECT_TRUE(seen_process);
}

PROMISE(KernelThread, KthreaddIgnoresAllSignals,
        {
            .says = "kthreadd ignores every signal and belongs to group 0 and session 0.",
            .item = "329 335",
            .authority = "kernel/kthread.c kthreadd() ignore_signals()",
            .kind = Kind::kLinux,
        }) {
  OUTER_PROC(proc);
  const std::string status = TextAt(proc, "2/status");
  EXPECT_NE(status.find("\nSigIgn:\tffffffffffffffff\n"), std::string::npos) << status;
  const sys::Result<sys::ProcStat> stat = sys::ProcStat::Parse(TextAt(proc, "2/stat"));
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat.Value().ProcessGroup(), 0);
  EXPECT_EQ(stat.Value().Session(), 0);
}

// A kernel thread that is ending shows Z until it has reaped itself. So this looks again until it
// is gone.
bool StaysZombie(const sys::Fd& proc, const Task& task) {
  while (!TestDeadline().Expired()) {
    const auto now = sys::ProcStat::Parse(TextAt(proc, std::to_string(task.stat.pid) + "/stat"));
    if (!now || now.Value().state != 'Z') return false;
    if (now.Value().StartTimeTicks() != task.stat.StartTimeTicks()) return false;
    (void)::sched_yield();
  }
  return true;
}

PROMISE(KernelThread, NoneIsAZombie,
        {
            .says = "No kernel thread is left as a zombie, because kthreadd ignores SIGCHLD.",
            .item = "335",
            .authority = "kernel/kthread.c kthreadd()",
            .kind = Kind::kLinux,
        }) {
  OUTER_PROC(proc);
  int seen = 0;
  for (const Task& task : TasksIn(proc)) {
    if (!task.IsKernelThread()) continue;
    EXPECT_FALSE(task.stat.state == 'Z' && StaysZombie(proc, task)) << task.stat.comm;
    ++seen;
  }
  EXPECT_GT(seen, 3);
}

PROMISE(KernelThread, IdleOnesReportI,
        {
            .says = "Kernel threads that have nothing to do report I.",
            .item = "12",
            .authority = "proc_pid_stat(5); include/linux/sched.h TASK_IDLE",
            .since = "4.14",
        }) {
  OUTER_PROC(proc);
  int idle = 0;
  for (const Task& task : TasksIn(proc)) {
    if (task.stat.state == 'I' && task.IsKernelThread()) ++idle;
  }
  EXPECT_GT(idle, 3);
}

PROMISE(KernelThread, StatusLineNamesThem,
        {
            .says = "The line Kthread of status is 1 for a kernel thread and 0 for a process.",
            .item = "331",
            .authority = "proc_pid_status(5); fs/proc/array.c",
            .since = "6.8",
            .kind = Kind::kVersion,
        }) {
  if (StatusLine(::getpid(), "Kthread").empty()) {
    GTEST_SKIP() << "this kernel has no line Kthread in status";
  }
  EXPECT_EQ(StatusLine(::getpid(), "Kthread"), "0");
  OUTER_PROC(proc);
  for (const Task& task : TasksIn(proc)) {
    const std::string line = task.IsKernelThread() ? "\nKthread:\t1\n" : "\nKthread:\t0\n";
    EXPECT_NE(task.status.find(line), std::string::npos) << task.stat.comm;
  }
}

// Runs in the initial namespaces: what the kernel answers about kthreadd and about a thread bound
// to its CPU, as an errno or 0.
HELPER(ProbeKernelThreads) {
  const HelperChannel channel = HelperChannel::Open(arguments);
  channel.Say("parent", ::getppid());
  channel.Say("uid", static_cast<long>(::geteuid()));
  const sys::Fd kthreadd = OpenPidfd(2);
  const long sent = ::syscall(SYS_pidfd_send_signal, kthreadd.Get(), SIGKILL, nullptr, 0);
  channel.Say("kill", sent == 0 ? 0 : errno);
  channel.Say("seize", Ptrace(PTRACE_SEIZE, 2) == 0 ? 0 : errno);
  channel.Say("wait", Wait4(2, WNOHANG).error);
  channel.Say("cgroup", WriteText("/sys/fs/cgroup/cgroup.procs", "2"));
  const sys::Fd proc(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (const Task& task : TasksIn(proc)) {
    if (!task.IsKernelThread() || (task.stat.Flags() & kFixedCpu) == 0) continue;
    cpu_set_t all;
    CPU_ZERO(&all);
    CPU_SET(0, &all);
    channel.Say("move", WriteText("/sys/fs/cgroup/cgroup.procs", std::to_string(task.stat.pid)));
    channel.Say("affinity", ::sched_setaffinity(task.stat.pid, sizeof all, &all) == 0 ? 0 : errno);
    break;
  }
  channel.Say("alive", Stat(2).state != 'Z' ? 1 : 0);
  channel.Say("pid", ::getpid());
  channel.Say("ready", 1);
  channel.Await();
  return 0;
}

PROMISE(KernelThread, SignalsDoNothing,
        {
            .says = "SIGKILL to a kernel thread succeeds and does nothing, and waiting for one "
                    "fails with ECHILD.",
            .item = "329 335",
            .authority = "kernel/signal.c sig_task_ignored(); kernel/kthread.c ignore_signals()",
            .kind = Kind::kLinux,
            .tags = "destructive",
        }) {
  SKIP_UNLESS_DESTRUCTIVE();
  const std::string said = RunAsCoreHandler("ProbeKernelThreads");
  ASSERT_EQ(ValueIn(said, "ready", 0), 1) << said;
  EXPECT_EQ(ValueIn(said, "kill", -1), 0);
  EXPECT_EQ(ValueIn(said, "alive", -1), 1);
  EXPECT_ERRNO(ValueIn(said, "wait", -1), ECHILD);
}

PROMISE(KernelThread, CannotBeTracedOrMoved,
        {
            .says = "Tracing a kernel thread fails with EPERM, and moving kthreadd or a thread "
                    "that is bound to its CPU to a cgroup fails with EINVAL.",
            .item = "330 280",
            .authority = "kernel/ptrace.c ptrace_attach(); kernel/cgroup/cgroup.c "
                         "cgroup_procs_write_start()",
            .kind = Kind::kLinux,
            .tags = "destructive",
        }) {
  SKIP_UNLESS_DESTRUCTIVE();
  const std::string said = RunAsCoreHandler("ProbeKernelThreads");
  ASSERT_EQ(ValueIn(said, "ready", 0), 1) << said;
  EXPECT_ERRNO(ValueIn(said, "seize", -1), EPERM);
  EXPECT_ERRNO(ValueIn(said, "cgroup", -1), EINVAL);
  EXPECT_ERRNO(ValueIn(said, "move", -1), EINVAL);
}

PROMISE(KernelThread, BoundOnesKeepTheirCpu,
        {
            .says = "Setting the affinity of a kernel thread that is bound to its CPU fails with "
                    "EINVAL.",
            .item = "327",
            .authority = "sched_setaffinity(2); kernel/sched/core.c (PF_NO_SETAFFINITY)",
            .kind = Kind::kLinux,
            .tags = "destructive",
        }) {
  SKIP_UNLESS_DESTRUCTIVE();
  const std::string said = RunAsCoreHandler("ProbeKernelThreads");
  ASSERT_EQ(ValueIn(said, "ready", 0), 1) << said;
  EXPECT_ERRNO(ValueIn(said, "affinity", -1), EINVAL);
}

PROMISE(KernelThread, UsermodeHelpersAreChildrenOfKthreadd,
        {
            .says = "A program that the kernel starts (the handler of core dumps) is a root "
                    "process with parent 2, and leaves nothing behind when it ends.",
            .item = "332",
            .authority = "core(5); kernel/umh.c call_usermodehelper_exec_work()",
            .kind = Kind::kLinux,
            .tags = "destructive",
        }) {
  SKIP_UNLESS_DESTRUCTIVE();
  OUTER_PROC(proc);
  const std::string said = RunAsCoreHandler("ProbeKernelThreads");
  ASSERT_EQ(ValueIn(said, "ready", 0), 1) << said;
  EXPECT_EQ(ValueIn(said, "parent", -1), 2);
  EXPECT_EQ(ValueIn(said, "uid", -1), 0);
  const std::string own = std::to_string(ValueIn(said, "pid", 0));
  while (::faccessat(proc.Get(), own.c_str(), F_OK, 0) == 0 && !TestDeadline().Expired()) {
    ::sched_yield();
  }
  EXPECT_NE(::faccessat(proc.Get(), own.c_str(), F_OK, 0), 0);
}

}  // namespace
}  // namespace procmark::conformance
