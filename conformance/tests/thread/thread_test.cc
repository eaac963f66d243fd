// Threads and thread groups: whose pid is whose, how groups end, and what the parent sees.
#include <dirent.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/test_deadline.h"

namespace procmark::conformance {
namespace {

// A child with two threads whose tids and gates the test knows.
struct Pair {
  Shared<std::atomic<pid_t>> second;
  Handshake ready;        // both threads run
  Handshake leader_gate;  // lets the leader go on
  Handshake second_gate;  // lets the second thread go on
};

// `leader` and `second` run after their gates; they must end their thread or process themselves.
ScopedChild ForkPair(const Pair& pair, const std::function<void()>& leader,
                     const std::function<void()>& second) {
  return Fork([&pair, leader, second] {
    const JoinedThread thread([&] {
      pair.second->store(OwnTid());
      pair.ready.Notify();
      (void)pair.second_gate.Await();
      second();
    });
    (void)pair.leader_gate.Await();
    leader();
  });
}

void EndThread(int code) { ::syscall(SYS_exit, code); }
void EndGroup(int code) { ::syscall(SYS_exit_group, code); }

PROMISE(Thread, SharesThePidAndHasItsOwnTid,
        {.says = "A thread has its process's pid and parent, and a tid of its own.",
         .item = "145",
         .authority = "clone(2) CLONE_THREAD, gettid(2)"}) {
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

PROMISE(Thread, ExitGroupByAnyThreadEndsAll,
        {.says = "exit_group by a thread that is no leader ends the whole process with that code.",
         .item = "146",
         .authority = "exit_group(2)"}) {
  const Pair pair;
  ScopedChild child = ForkPair(
      pair, [] { EndGroup(1); }, [] { EndGroup(19); });
  ASSERT_TRUE(pair.ready.Await());
  pair.second_gate.Notify();
  EXPECT_EQ(child.Reap(), 19 << 8);
}

PROMISE(
    Thread, EndOfOneThreadIsSilent,
    {.says = "exit(2) by a thread that is no leader leaves the process alive and is reported to "
             "nobody: no SIGCHLD, no zombie, nothing to wait for.",
     .item = "147",
     .authority = "exit(2) NOTES; kernel/exit.c exit_notify()"}) {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGCHLD);
  ASSERT_EQ(::sigprocmask(SIG_BLOCK, &set, nullptr), 0);
  const Pair pair;
  const ScopedChild child = ForkPair(pair, PauseForever, [] { EndThread(3); });
  ASSERT_TRUE(pair.ready.Await());
  const pid_t tid = pair.second->load();
  EXPECT_EQ(Stat(child.Number()).NumThreads(), 2);
  pair.second_gate.Notify();
  const std::string task =
      "/proc/" + std::to_string(child.Number()) + "/task/" + std::to_string(tid);
  ASSERT_TRUE(AwaitGone(tid)) << "a thread leaves no zombie";
  EXPECT_EQ(::access(task.c_str(), F_OK), -1);
  EXPECT_EQ(StatusLine(child.Number(), "Threads"), "1");
  EXPECT_EQ(Wait4(-1, WNOHANG | __WALL).pid, 0);
  EXPECT_EQ(Wait4(tid, WNOHANG | __WALL).error, ECHILD);
  sigset_t pending;
  ASSERT_EQ(::sigpending(&pending), 0);
  EXPECT_EQ(::sigismember(&pending, SIGCHLD), 0);
}

PROMISE(
    Thread, LeaderGoneFirstIsNoDeath,
    {.says =
         "A process whose leader thread ended first reads Z with its other threads counted, is not "
         "waitable, and ends with its last thread.",
     .item = "18 148 158",
     .authority = "kernel/exit.c delay_group_leader()",
     .kind = Kind::kLinux}) {
  const Pair pair;
  ScopedChild child = ForkPair(
      pair, [] { EndThread(1); }, [] { EndGroup(21); });
  ASSERT_TRUE(pair.ready.Await());
  pair.leader_gate.Notify();
  // Final here: no thread of this process execs.
  ASSERT_TRUE(AwaitThreadState(child.Number(), child.Number(), "Z"));
  EXPECT_EQ(StatusLine(child.Number(), "Threads"), "2");
  const Waited waited = Wait4(child.Number(), WNOHANG);
  EXPECT_EQ(waited.pid, 0);
  EXPECT_EQ(waited.status, kUntouched);
  EXPECT_EQ(WaitId(P_PID, child.Number(), WEXITED | WNOHANG).info.si_pid, 0);
  pair.second_gate.Notify();
  EXPECT_EQ(child.Reap(), 21 << 8) << "exit_group by the survivor decides the status";
}

PROMISE(Thread, StatusWhenAllUseExit,
        {.says = "When the leader and then the last thread use exit(2), the status is the last "
                 "thread's code, and WNOWAIT shows the same.",
         .item = "149 150",
         .authority = "kernel/exit.c synchronize_group_exit(), wait_task_zombie()",
         .since = "6.0",
         .kind = Kind::kLinux}) {
  const Pair pair;
  ScopedChild child = ForkPair(
      pair, [] { EndThread(31); }, [] { EndThread(32); });
  ASSERT_TRUE(pair.ready.Await());
  pair.leader_gate.Notify();
  ASSERT_TRUE(AwaitThreadState(child.Number(), child.Number(), "Z"));
  pair.second_gate.Notify();
  EXPECT_EQ(child.AwaitZombie().si_status, 32);
  EXPECT_EQ(child.Reap(), 32 << 8);
}

PROMISE(Thread, NonConsumingWaitShowsTheGroupsStatus,
        {.says = "When the leader used exit(2) and another thread then exit_group(2), waitid with "
                 "WNOWAIT shows the group's code, as the wait that reaps does.",
         .item = "150",
         .authority = "waitid(2) WNOWAIT; kernel/exit.c wait_task_zombie()",
         .since = "5.16"}) {
  const Pair pair;
  ScopedChild child = ForkPair(
      pair, [] { EndThread(1); }, [] { EndGroup(22); });
  ASSERT_TRUE(pair.ready.Await());
  pair.leader_gate.Notify();
  ASSERT_TRUE(AwaitThreadState(child.Number(), child.Number(), "Z"));
  pair.second_gate.Notify();
  EXPECT_EQ(child.AwaitZombie().si_status, 22);
  EXPECT_EQ(child.Reap(), 22 << 8);
}

PROMISE(Thread, FatalSignalToOneThreadEndsTheGroup,
        {.says = "A fatal signal sent to one thread ends the whole process with that signal.",
         .item = "151",
         .authority = "tgkill(2), signal(7); kernel/signal.c complete_signal()"}) {
  const Pair pair;
  ScopedChild child = ForkPair(pair, PauseForever, PauseForever);
  ASSERT_TRUE(pair.ready.Await());
  const pid_t tid = pair.second->load();
  ASSERT_GT(tid, 0);
  EXPECT_EQ(::syscall(SYS_tgkill, ::getpid(), tid, SIGTERM), -1) << "the decoy: a wrong group";
  EXPECT_EQ(errno, ESRCH);
  EXPECT_EQ(::syscall(SYS_tgkill, child.Number(), tid, SIGTERM), 0);
  EXPECT_EQ(child.Reap(), SIGTERM);
}

// Whether "/proc" lists this number.
bool ProcLists(pid_t number) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc"), ::closedir);
  while (const dirent* entry = ::readdir(folder.get())) {
    if (std::to_string(number) == entry->d_name) return true;
  }
  return false;
}

PROMISE(
    Thread, ProcHidesThreadsButOpensThem,
    {.says = "/proc/TID of a thread that is no leader opens, names its process as Tgid, and is not "
             "listed in /proc; its exit signal reads -1.",
     .item = "153 154",
     .authority = "proc(5); fs/proc/base.c proc_pid_readdir(); kernel/fork.c copy_process()"}) {
  const Pair pair;
  const ScopedChild child = ForkPair(pair, PauseForever, PauseForever);
  ASSERT_TRUE(pair.ready.Await());
  const pid_t tid = pair.second->load();
  EXPECT_EQ(StatusLine(tid, "Tgid"), std::to_string(child.Number()));
  EXPECT_EQ(StatusLine(tid, "Pid"), std::to_string(tid));
  EXPECT_TRUE(ProcLists(child.Number()));
  EXPECT_FALSE(ProcLists(tid));
  EXPECT_EQ(Stat(tid).ExitSignal(), -1);
  EXPECT_EQ(Stat(child.Number()).ExitSignal(), SIGCHLD);
}

PROMISE(
    Thread, ForkTakesOnlyTheCaller,
    {.says =
         "A child forked by a thread that is no leader has one thread, is a leader, and has the "
         "process as its parent.",
     .item = "41 42",
     .authority = "fork(2); POSIX.1 fork; kernel/fork.c copy_process()"}) {
  const pid_t test = ::getpid();
  const ChildChecks checks(3);
  int status = -1;
  const Handshake end;
  {
    const JoinedThread bystander([&] { (void)end.Await(); });
    const JoinedThread forker([&] {
      ScopedChild child = Fork([&] {
        CHILD_EXPECT_EQ(checks, test, ::getppid());
        CHILD_EXPECT_EQ(checks, ::getpid(), OwnTid());
        CHILD_EXPECT_EQ(checks, 1, Stat(::getpid()).NumThreads());
      });
      status = child.Reap();
      end.Notify();
    });
  }
  EXPECT_EQ(status, 0);
}

PROMISE(
    Thread, ChildrenOfAnEndedThreadStay,
    {.says =
         "When a thread that forked ends, its child stays a child of the process: another thread "
         "waits for it, and its PPid is unchanged.",
     .item = "155 237",
     .authority = "kernel/exit.c find_new_reaper() (a live thread of the group first)",
     .kind = Kind::kLinux}) {
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

PROMISE(
    Thread, NoThreadFlagSeesOnlyOwnChildren,
    {.says =
         "With __WNOTHREAD a thread cannot wait for another thread's child; without it, it can.",
     .item = "193",
     .authority = "wait4(2) __WNOTHREAD; kernel/exit.c do_wait()"}) {
  const ScopedChild child = Fork([] { return 15; });  // the leader's
  (void)child.AwaitZombie();
  Waited refused;
  Waited granted;
  {
    const JoinedThread thread([&] {
      refused = Wait4(child.Number(), __WNOTHREAD);
      granted = Wait4(child.Number(), 0);
    });
  }
  EXPECT_EQ(refused.error, ECHILD);
  EXPECT_EQ(granted.pid, child.Number());
  EXPECT_EQ(granted.status, 15 << 8);
}

PROMISE(Thread, OnlyOneOfTwoWaitersGetsTheChild,
        {.says = "Of two threads that wait for one child exactly one gets it, the other ECHILD.",
         .item = "200",
         .authority = "kernel/exit.c wait_task_zombie()",
         .kind = Kind::kLinux}) {
  for (int round = 0; AnotherRound(round, 20); ++round) {
    const Handshake end;
    const ScopedChild child = Fork([&] { return end.Await() ? 0 : 1; });
    std::atomic<int> got = 0;
    std::atomic<int> refused = 0;
    const auto wait = [&] {
      const Waited waited = Wait4(child.Number(), 0);
      if (waited.pid == child.Number()) got.fetch_add(1);
      if (waited.error == ECHILD) refused.fetch_add(1);
    };
    {
      const JoinedThread one(wait);
      const JoinedThread two(wait);
      end.Notify();
    }
    EXPECT_EQ(got.load(), 1) << "round " << round;
    EXPECT_EQ(refused.load(), 1) << "round " << round;
  }
}

PROMISE(Thread, StopStopsEveryThread,
        {.says = "SIGSTOP makes every thread of the group T.",
         .item = "6",
         .authority = "signal(7); kernel/signal.c do_signal_stop()"}) {
  const Pair pair;
  const ScopedChild child = ForkPair(pair, PauseForever, PauseForever);
  ASSERT_TRUE(pair.ready.Await());
  ASSERT_TRUE(child.Signal(SIGSTOP).Ok());
  EXPECT_EQ(child.AwaitStop().si_status, SIGSTOP);
  EXPECT_TRUE(AwaitThreadState(child.Number(), child.Number(), "T"));
  EXPECT_TRUE(AwaitThreadState(child.Number(), pair.second->load(), "T"));
}

PROMISE(
    Thread, DeathSignalComesAtTheEndOfTheForkingThread,
    {.says =
         "PR_SET_PDEATHSIG is sent when the thread that forked ends, though its process lives on.",
     .item = "243",
     .authority = "PR_SET_PDEATHSIG(2const) CAVEATS; kernel/exit.c forget_original_parent()"}) {
  const Handshake armed;
  std::atomic<pid_t> pid = 0;
  {
    const JoinedThread forker([&] {
      const pid_t child = ::fork();
      if (child == 0) {
        (void)::prctl(PR_SET_PDEATHSIG, SIGUSR1);
        armed.Notify();
        PauseForever();
      }
      pid = child;
      (void)armed.Await();
    });
  }
  EXPECT_EQ(Wait4(pid, 0).status, SIGUSR1);
}

}  // namespace
}  // namespace procmark::conformance
