// SPDX-License-Identifier: MIT
// /proc: what it counts and lists of processes and threads.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "conformance/vocabulary/burn_cpu.h"
#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/children.h"
#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/tasks.h"
#include "conformance/vocabulary/users.h"
#include "harness/sys/fd.h"
#include "harness/sys/proc_stat.h"

namespace procmark::conformance {
namespace {

std::string ChildrenFile(pid_t tid) {
  return "/proc/self/task/" + std::to_string(tid) + "/children";
}

std::set<pid_t> ChildrenOf(pid_t tid) {
  std::istringstream text(TextOf(ChildrenFile(tid)));
  std::set<pid_t> children;
  for (pid_t pid = 0; text >> pid;) children.insert(pid);
  return children;
}

#define SKIP_WITHOUT_CHILDREN_FILE()                       \
  if (::access(ChildrenFile(OwnTid()).c_str(), F_OK) != 0) \
  GTEST_SKIP() << "this kernel has no CONFIG_PROC_CHILDREN"

PROMISE(Proc, ChildrenListsLivingAndDead,
        {
            .says = "task/TID/children lists living and zombie children, but neither reaped ones "
                    "nor grandchildren.",
            .item = "371",
            .authority = "proc_tid_children(5)",
            .since = "3.5",
        }) {
  SKIP_WITHOUT_CHILDREN_FILE();
  const Handshake end;
  const Handshake born;
  ScopedChild living = Fork([&] {
    ScopedChild grandchild = ForkUntil(end);
    born.Notify();
    return grandchild.Reap() >> 8;
  });
  ScopedChild zombie = Fork([] { return 0; });
  ScopedChild reaped = Fork([] { return 0; });
  ASSERT_TRUE(born.Await());
  (void)zombie.AwaitZombie();
  EXPECT_EQ(reaped.Reap(), 0);
  EXPECT_EQ(ChildrenOf(OwnTid()), (std::set<pid_t>{living.Number(), zombie.Number()}));
  end.Notify();
  EXPECT_EQ(living.Reap(), 0);
  EXPECT_EQ(zombie.Reap(), 0);
  EXPECT_TRUE(ChildrenOf(OwnTid()).empty());
}

PROMISE(Proc, ChildrenAreThoseOfTheThread,
        {
            .says = "task/TID/children lists the children that this thread forked.",
            .item = "371",
            .authority = "proc_tid_children(5)",
            .since = "3.5",
        }) {
  SKIP_WITHOUT_CHILDREN_FILE();
  ScopedChild of_leader = Fork([] { return 0; });
  {
    const JoinedThread thread([&] {
      ScopedChild of_thread = Fork([] { return 0; });
      EXPECT_EQ(ChildrenOf(OwnTid()), std::set<pid_t>{of_thread.Number()});
      EXPECT_EQ(ChildrenOf(::getpid()), std::set<pid_t>{of_leader.Number()});
      EXPECT_EQ(of_thread.Reap(), 0);
    });
  }
  EXPECT_EQ(of_leader.Reap(), 0);
}

// The forks since the machine was started.
long Forks() { return ValueIn(TextOf("/proc/stat"), "processes", -1); }

PROMISE(Proc, ForksAndThreadsAreCounted,
        {
            .says = "The line `processes` of /proc/stat grows by one for each fork and each new "
                    "thread, and not for a fork that failed.",
            .item = "372",
            .authority = "proc_stat(5); kernel/fork.c copy_process() total_forks",
        }) {
  CloneArguments impossible;
  impossible.flags = CLONE_SIGHAND;  // without CLONE_VM
  bool exact = false;
  // Other processes of the machine fork too. At most ten tries find a moment in which they do not.
  for (int round = 0; round < 10 && !exact; ++round) {
    const long before = Forks();
    ASSERT_GE(before, 1);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(Fork([] { return 0; }).Reap(), 0);
    {
      const JoinedThread thread([] {});
    }
    EXPECT_EQ(RawClone3(impossible), -1);
    const long grown = Forks() - before;
    ASSERT_GE(grown, 4);
    exact = grown == 4;
  }
  if (!exact)
    GTEST_SKIP() << "other processes forked all the time, so that the exact count could not be "
                    "checked";
}

size_t TaskEntries(pid_t pid) {
  return NamesIn(ProcPath(pid, "task")).value_or(std::vector<std::string>{}).size();
}

PROMISE(Proc, CountsOfThreadsAgree,
        {
            .says = "The line Threads of status, field 20 of stat and the entries of task/ agree, "
                    "with one thread and with three.",
            .item = "375",
            .authority = "proc_pid_status(5), proc_pid_stat(5), proc_pid_task(5)",
        }) {
  const auto expect = [](size_t threads) {
    EXPECT_EQ(StatusLine(::getpid(), "Threads"), std::to_string(threads));
    EXPECT_EQ(Stat(::getpid()).NumThreads(), static_cast<int64_t>(threads));
    EXPECT_EQ(TaskEntries(::getpid()), threads);
  };
  expect(1);
  const Handshake end;
  const JoinedThread first([&] { (void)end.Await(); });
  const JoinedThread second([&] { (void)end.Await(); });
  expect(3);
  end.Notify();
  end.Notify();
}

PROMISE(Proc, ExitCodeIsHiddenFromStrangers,
        {
            .says = "The exit code (field 52 of stat) is 0 for a reader who may not trace the "
                    "process.",
            .item = "376",
            .authority = "proc_pid_stat(5), ptrace(2) PTRACE_MODE_READ_FSCREDS",
        }) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become another user";
  ScopedChild zombie = Fork([] { return 42; });
  (void)zombie.AwaitZombie();
  EXPECT_EQ(Stat(zombie.Number()).Field(52), 42 << 8) << "the control: its parent may";
  ScopedChild stranger = Fork([&] {
    if (!BecomeOrdinaryUser()) return 1;
    return Stat(zombie.Number()).Field(52) == 0 ? 0 : 2;
  });
  EXPECT_EQ(stranger.Reap(), 0);
  EXPECT_EQ(zombie.Reap(), 42 << 8);
}

PROMISE(Proc, LoadavgNamesTheNamespacesLastPid,
        {
            .says = "The last field of /proc/loadavg is the last pid that was given in the "
                    "reader's namespace.",
            .item = "377",
            .authority = "proc_loadavg(5); fs/proc/loadavg.c",
        }) {
  if (!InOwnPidNamespace())
    GTEST_SKIP() << "needs a pid namespace of its own: other processes take pids too";
  ScopedChild child = Fork([] { return 0; });
  const std::string text = TextOf("/proc/loadavg");
  EXPECT_EQ(text.substr(text.rfind(' ') + 1), std::to_string(child.Number()) + "\n");
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(Proc, FolderNeverShowsASuccessor,
        {
            .says = "A descriptor of /proc/PID whose process was reaped finds nothing there, "
                    "although another process now has the pid.",
            .item = "373",
            .authority = "proc_pid(5); fs/proc/base.c get_proc_task() (the inode holds struct pid)",
            .since = "5.5",
        }) {
  ScopedChild first = Fork([] { return 0; });
  const pid_t number = first.Number();
  const std::string path = ProcPath(number);
  const sys::Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_TRUE(folder.Valid());
  const auto error_of_look = [&] {
    const sys::Fd file(::openat(folder.Get(), "status", O_RDONLY | O_CLOEXEC));
    return file.Valid() ? 0 : errno;
  };
  EXPECT_ERRNO(error_of_look(), 0) << "the control: before the reap";
  EXPECT_EQ(first.Reap(), 0);
  const Handshake end;
  const pid_t successor = RawClone3(WithPid(&number));
  if (successor == 0) ::_exit(end.Await() ? 6 : 1);
  if (successor < 0 && errno == EPERM) GTEST_SKIP() << "set_tid needs CAP_SYS_ADMIN here";
  ASSERT_EQ(successor, number);
  const int error = error_of_look();
  EXPECT_TRUE(error == ESRCH || error == ENOENT) << ErrnoText(error);
  EXPECT_EQ(StatusLine(number, "Pid"), std::to_string(number))
      << "the control: a new path finds the other process";
  end.Notify();
  EXPECT_EQ(Wait4(successor, 0).status, 6 << 8);
}

PROMISE(Proc, TimesOfChildrenMoveAtTheWait,
        {
            .says = "cutime and cstime (fields 16 and 17 of stat) include a child's CPU time when "
                    "the child is waited for, not when it ends.",
            .item = "370",
            .authority = "proc_pid_stat(5), times(2)",
        }) {
  const long ticks_per_s = ::sysconf(_SC_CLK_TCK);
  ScopedChild child = Fork([&] {
    // Six ticks, because each field may round down by one.
    BurnCpu(6 * 1000 / ticks_per_s);
  });
  (void)child.AwaitZombie();
  const auto of_children = [] {
    const sys::ProcStat own = Stat(::getpid());
    return own.Field(16) + own.Field(17);
  };
  EXPECT_EQ(of_children(), 0);
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_GE(of_children(), 4);
}

PROMISE(Proc, FlagTellsTheUseOfPrivilege,
        {
            .says = "The flag PF_SUPERPRIV (0x100 in field 9 of stat) is set when a process has "
                    "used a capability, and fork clears it in the child.",
            .item = "376",
            .authority = "proc_pid_stat(5); include/linux/sched.h; kernel/fork.c copy_process()",
            .kind = Kind::kLinux,
        }) {
  constexpr int64_t kUsedPrivilege = 0x100;
  const auto used = [] { return (Stat(::getpid()).Flags() & kUsedPrivilege) != 0 ? 1 : 0; };
  const auto change_root = [] { return ::chroot("/") == 0 ? 0 : errno; };
  if (Fork(change_root).Reap() != 0) GTEST_SKIP() << "this user has no CAP_SYS_CHROOT here";
  const ChildChecks checks(3);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_EQ(checks, used(), 0);
    if (change_root() != 0) return 1;
    CHILD_EXPECT_EQ(checks, used(), 1);
    ScopedChild grandchild = Fork([&] { CHILD_EXPECT_EQ(checks, used(), 0); });
    return grandchild.Reap();
  });
  EXPECT_EQ(child.Reap(), 0);
}

}  // namespace
}  // namespace procmark::conformance
