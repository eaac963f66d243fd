// SPDX-License-Identifier: MIT
// Threads of a process: their ids, their end, their children and their credentials.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <string>
#include <vector>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/clone_probe.h"
#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/signals.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/thread_pair.h"

namespace procmark::conformance {
namespace {

PROMISE(Thread, SharesThePidAndHasItsOwnTid,
        {
            .says = "A thread has the pid and the parent of its process, and its own tid.",
            .item = "145",
            .authority = "clone(2) CLONE_THREAD, gettid(2)",
        }) {
  const pid_t pid = ::getpid();
  const pid_t parent = ::getppid();
  EXPECT_EQ(OwnTid(), pid);
  pid_t in_thread = 0;
  pid_t thread_parent = 0;
  pid_t tid = 0;
  {
    const JoinedThread thread([&] {
      in_thread = static_cast<pid_t>(::syscall(SYS_getpid));
      thread_parent = static_cast<pid_t>(::syscall(SYS_getppid));
      tid = OwnTid();
    });
  }
  EXPECT_EQ(in_thread, pid);
  EXPECT_EQ(thread_parent, parent);
  EXPECT_NE(tid, pid);
}

void EndThread(int code) { ::syscall(SYS_exit, code); }
void EndGroup(int code) { ::syscall(SYS_exit_group, code); }

PROMISE(Thread, ExitGroupByAnyThreadEndsAll,
        {
            .says = "exit_group by a thread that is not the leader ends the whole process with "
                    "that code.",
            .item = "146",
            .authority = "exit_group(2)",
        }) {
  const ThreadPair pair;
  ScopedChild child = ForkThreadPair(
      pair, [] { EndGroup(1); }, [] { EndGroup(19); });
  ASSERT_TRUE(pair.ready.Await());
  pair.second_gate.Notify();
  EXPECT_EQ(child.Reap(), 19 << 8);
}

PROMISE(Thread, EndOfOneThreadIsSilent,
        {
            .says = "After exit(2) by a thread that is not the leader, the process lives on and no "
                    "process sees the end: there is no SIGCHLD, no zombie and nothing to wait for.",
            .item = "147",
            .authority = "exit(2) NOTES; kernel/exit.c exit_notify()",
        }) {
  const sigset_t set = SetOf({SIGCHLD});
  ASSERT_SYSCALL_SUCCEEDS(::sigprocmask(SIG_BLOCK, &set, nullptr));
  const ThreadPair pair;
  const ScopedChild child = ForkThreadPair(pair, PauseForever, [] { EndThread(3); });
  ASSERT_TRUE(pair.ready.Await());
  const pid_t tid = pair.second->load();
  EXPECT_EQ(Stat(child.Number()).NumThreads(), 2);
  pair.second_gate.Notify();
  const std::string task = TaskPath(child.Number(), tid);
  ASSERT_TRUE(AwaitGone(tid)) << "a thread leaves no zombie";
  EXPECT_EQ(::access(task.c_str(), F_OK), -1);
  EXPECT_EQ(StatusLine(child.Number(), "Threads"), "1");
  EXPECT_EQ(Wait4(-1, WNOHANG | __WALL).pid, 0);
  EXPECT_SYSCALL_FAILS(Wait4(tid, WNOHANG | __WALL), ECHILD);
  sigset_t pending;
  ASSERT_SYSCALL_SUCCEEDS(::sigpending(&pending));
  EXPECT_EQ(::sigismember(&pending, SIGCHLD), 0);
}

// Whether "/proc" lists this id.
bool ProcLists(pid_t number) {
  const std::vector<std::string> names = NamesIn("/proc").value_or(std::vector<std::string>{});
  return std::find(names.begin(), names.end(), std::to_string(number)) != names.end();
}

PROMISE(Thread, ProcHidesThreadsButOpensThem,
        {
            .says = "/proc/TID of a thread that is not the leader can be opened, shows its process "
                    "as Tgid and the exit signal -1, and is not listed in /proc.",
            .item = "153 154",
            .authority = "proc(5); fs/proc/base.c proc_pid_readdir(); kernel/fork.c copy_process()",
        }) {
  const ThreadPair pair;
  const ScopedChild child = ForkThreadPair(pair, PauseForever, PauseForever);
  ASSERT_TRUE(pair.ready.Await());
  const pid_t tid = pair.second->load();
  EXPECT_EQ(StatusLine(tid, "Tgid"), std::to_string(child.Number()));
  EXPECT_EQ(StatusLine(tid, "Pid"), std::to_string(tid));
  EXPECT_TRUE(ProcLists(child.Number()));
  EXPECT_FALSE(ProcLists(tid));
  EXPECT_EQ(Stat(tid).ExitSignal(), -1);
  EXPECT_EQ(Stat(child.Number()).ExitSignal(), SIGCHLD);
}

PROMISE(Thread, ForkTakesOnlyTheCaller,
        {
            .says = "A child forked by a thread that is not the leader has one thread, is a "
                    "leader, and has the process as its parent.",
            .item = "41 42",
            .authority = "fork(2); POSIX.1 fork; kernel/fork.c copy_process()",
        }) {
  const pid_t test = ::getpid();
  const ChildChecks checks(3);
  int status = -1;
  const Handshake end;
  {
    const JoinedThread bystander([&] { (void)end.Await(); });
    const JoinedThread forker([&] {
      ScopedChild child = Fork([&] {
        CHILD_EXPECT_EQ(checks, ::getppid(), test);
        CHILD_EXPECT_EQ(checks, OwnTid(), ::getpid());
        CHILD_EXPECT_EQ(checks, Stat(::getpid()).NumThreads(), 1);
      });
      status = child.Reap();
      end.Notify();
    });
  }
  EXPECT_EQ(status, 0);
}

PROMISE(Thread, ChildrenOfAnEndedThreadStay,
        {
            .says = "When a thread that forked ends, its child stays a child of the process: "
                    "another thread can wait for it, and its PPid is unchanged.",
            .item = "155 237",
            .authority = "kernel/exit.c find_new_reaper() (a live thread of the group first)",
            .kind = Kind::kLinux,
        }) {
  std::atomic<pid_t> pid = 0;
  const Handshake release;
  {
    const JoinedThread forker([&] {
      const pid_t child = ::fork();
      if (child == 0) ::_exit(release.Await() ? 14 : 1);
      pid = child;
    });
  }
  ASSERT_GT(pid.load(), 0);
  EXPECT_EQ(Stat(pid).ParentPid(), ::getpid());
  release.Notify();
  EXPECT_EQ(Wait4(pid, 0).status, 14 << 8);
}

PROMISE(Thread, CredentialsAreEachThreadsOwn,
        {
            .says = "Capabilities that a thread drops by the system call are dropped only for that "
                    "thread.",
            .item = "157",
            .authority = "capabilities(7), credentials(7) (threads share none in the kernel)",
        }) {
  const unsigned long long before = ThreadMaskOf(::getpid(), OwnTid(), "CapEff");
  if (before == 0) GTEST_SKIP() << "this user has no capabilities to drop";
  const ChildChecks checks(2);
  {
    const JoinedThread thread([&] {
      CHILD_EXPECT_TRUE(checks, DropCapabilities());
      CHILD_EXPECT_EQ(checks, ThreadMaskOf(::getpid(), OwnTid(), "CapEff"), 0);
    });
  }
  EXPECT_EQ(ThreadMaskOf(::getpid(), OwnTid(), "CapEff"), before);
}

}  // namespace
}  // namespace procmark::conformance
