// The wait family at its edges: tracers, order, other pointers, and what cannot be waited
// for.
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <string>
#include <vector>

#include "conformance/vocabulary/blocked_signal.h"
#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/tracing.h"

namespace procmark::conformance {
namespace {

PROMISE(Wait, NullStatusAndInfoAreTaken,
        {.says = "wait4 with a null status and waitid with a null siginfo reap the child.",
         .item = "199 197",
         .authority = "wait4(2), waitid(2); kernel/exit.c"}) {
  const ScopedChild first = Fork([] { return 1; });
  EXPECT_EQ(::syscall(SYS_wait4, first.Number(), nullptr, 0, nullptr), first.Number());
  const ScopedChild second = Fork([] { return 2; });
  EXPECT_EQ(::syscall(SYS_waitid, P_PID, second.Number(), nullptr, WEXITED, nullptr), 0);
  EXPECT_EQ(Wait4(-1, WNOHANG).error, ECHILD);
}

PROMISE(Wait, BadInfoPointerStillReaps,
        {.says = "waitid with a bad siginfo pointer gives EFAULT, yet the child is reaped.",
         .item = "197",
         .authority = "kernel/exit.c sys_waitid() (the siginfo is written after the reap)",
         .kind = Kind::kLinux}) {
  const ScopedChild child = Fork([] { return 0; });
  (void)child.AwaitZombie();
  EXPECT_EQ(::syscall(SYS_waitid, P_PID, child.Number(), 8UL, WEXITED, nullptr), -1);
  EXPECT_EQ(errno, EFAULT);
  EXPECT_EQ(Wait4(child.Number(), WNOHANG).error, ECHILD);
}

PROMISE(Wait, TracedChildIsEligibleWhateverItsExitSignal,
        {.says = "A plain wait sees a traced child even if its exit signal is not SIGCHLD, which "
                 "it does not see untraced.",
         .item = "192",
         .authority = "wait4(2) __WCLONE; kernel/exit.c eligible_child() (p->ptrace)"}) {
  const Handshake gate;
  ScopedChild child = Clone(CloneArguments{}, [&] { return gate.Await() ? 51 : 1; });
  EXPECT_EQ(Wait4(-1, WNOHANG).error, ECHILD) << "the decoy: not traced";
  Seize(child.Number(), 0);
  EXPECT_EQ(Wait4(-1, WNOHANG).pid, 0) << "traced: it is one of ours now";
  gate.Notify();
  const Waited waited = Wait4(-1, 0);
  EXPECT_EQ(waited.pid, child.Number());
  EXPECT_EQ(waited.status, 51 << 8);
}

PROMISE(Wait, ForeignTracerDoesNotMakeItEchild,
        {.says = "waitid(WNOHANG) for a live child that another process traces returns 0 with "
                 "nothing to report, not ECHILD.",
         .item = "202",
         .authority = "kernel/exit.c wait_consider_task()",
         .kind = Kind::kLinux}) {
  const Handshake gate;
  const Handshake armed;
  const Handshake traced;
  const Handshake go_on;
  ScopedChild tracee = Fork([&] {
    (void)::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    armed.Notify();
    return gate.Await() ? 52 : 1;
  });
  ASSERT_TRUE(armed.Await());
  ScopedChild tracer = Fork([&] {
    Seize(tracee.Number(), 0);
    traced.Notify();
    return go_on.Await() ? 0 : 1;
  });
  ASSERT_TRUE(traced.Await());
  const WaitedId waited = WaitId(P_PID, tracee.Number(), WEXITED | WNOHANG);
  EXPECT_EQ(waited.result, 0);
  EXPECT_EQ(waited.info.si_pid, 0);
  go_on.Notify();
  EXPECT_EQ(tracer.Reap(), 0);
  gate.Notify();
  EXPECT_EQ(tracee.Reap(), 52 << 8);
}

PROMISE(Wait, SeveralZombiesComeInOrderOfBirth,
        {.says = "wait returns several zombies in the order in which they were born, whatever the "
                 "order of their ends.",
         .item = "201",
         .authority = "kernel/exit.c do_wait_thread() (the list of children)",
         .kind = Kind::kInfo}) {
  std::vector<Handshake> gates(3);
  std::vector<pid_t> born;
  for (const Handshake& gate : gates) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(gate.Await() ? 0 : 1);
    ASSERT_GT(pid, 0);
    born.push_back(pid);
  }
  for (const size_t next : {2U, 0U, 1U}) {
    gates[next].Notify();
    ASSERT_EQ(WaitId(P_PID, born[next], WEXITED | WNOWAIT).result, 0);
  }
  std::vector<pid_t> seen;
  for (size_t i = 0; i < born.size(); ++i) seen.push_back(Wait4(-1, 0).pid);
  if (seen != born) GTEST_SKIP() << "recorded: another order than that of birth";
}

PROMISE(Wait, GrandchildIsNobodysButItsParents,
        {.says = "A grandchild cannot be waited for, living or dead, by pid, group or pidfd.",
         .item = "178 189",
         .authority = "wait(2); POSIX.1 waitpid"}) {
  const Shared<std::atomic<pid_t>> grandchild;
  const Handshake ready;
  const Handshake end;
  ScopedChild middle = Fork([&] {
    ScopedChild inner = Fork([] {
      (void)::setpgid(0, 0);
      return 53;
    });
    (void)inner.AwaitZombie();
    grandchild->store(inner.Number());
    ready.Notify();
    (void)end.Await();
    return inner.Reap() >> 8;
  });
  ASSERT_TRUE(ready.Await());
  const pid_t pid = grandchild->load();
  ASSERT_GT(pid, 1);
  EXPECT_EQ(Wait4(pid, 0).error, ECHILD);
  EXPECT_EQ(Wait4(-pid, 0).error, ECHILD);
  EXPECT_EQ(WaitId(P_PID, pid, WEXITED).error, ECHILD);
  const sys::Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  EXPECT_EQ(WaitId(P_PIDFD, pidfd.Get(), WEXITED).error, ECHILD);
  end.Notify();
  EXPECT_EQ(middle.Reap(), 53 << 8) << "its own parent can";
}

PROMISE(Wait, BlockedWaitSeesAChildBornLater,
        {.says = "A thread that waits for any child is woken by the end of a child that another "
                 "thread forked after the wait began.",
         .item = "193",
         .authority = "wait(2); kernel/exit.c do_wait() (threads share their children)"}) {
  const Handshake end;
  const Handshake waiting;
  ScopedChild first = Fork([&] { return end.Await() ? 54 : 1; });
  std::atomic<pid_t> tid = 0;
  Waited seen;
  pid_t later = -1;
  {
    const JoinedThread waiter([&] {
      tid.store(OwnTid());
      waiting.Notify();
      seen = Wait4(-1, 0);
    });
    EXPECT_TRUE(waiting.Await());
    EXPECT_TRUE(AwaitThreadState(::getpid(), tid.load(), "S"));
    later = ::fork();
    if (later == 0) ::_exit(55);
  }
  EXPECT_EQ(seen.pid, later);
  EXPECT_EQ(seen.status, 55 << 8);
  end.Notify();
  EXPECT_EQ(first.Reap(), 54 << 8);
}

PROMISE(Wait, ChangeOfGroupDuringTheWaitCounts,
        {.says = "A wait for a process group returns a child that joined the group after it was "
                 "born, and not one that left it.",
         .item = "189",
         .authority = "wait4(2); kernel/exit.c eligible_pid()"}) {
  const Handshake leave_end;
  const Handshake join_end;
  ScopedChild anchor = Fork(PauseForever);
  ASSERT_EQ(::setpgid(anchor.Number(), 0), 0);
  ScopedChild left = Fork([&] { return leave_end.Await() ? 56 : 1; });
  ScopedChild joined = Fork([&] { return join_end.Await() ? 57 : 1; });
  ASSERT_EQ(::setpgid(left.Number(), anchor.Number()), 0);
  ASSERT_EQ(::setpgid(left.Number(), ::getpgrp()), 0);
  ASSERT_EQ(::setpgid(joined.Number(), anchor.Number()), 0);
  leave_end.Notify();
  (void)left.AwaitZombie();
  EXPECT_EQ(Wait4(-anchor.Number(), WNOHANG).pid, 0) << "the one that left is not meant";
  join_end.Notify();
  EXPECT_EQ(Wait4(-anchor.Number(), 0).pid, joined.Number());
  EXPECT_EQ(left.Reap(), 56 << 8);
}

PROMISE(Wait, StopOfAnUnwaitedKindStays,
        {.says = "A wait for ends leaves the report of a stop to a wait for stops.",
         .item = "188 194",
         .authority = "waitid(2)"}) {
  const ScopedChild child = Fork(PauseForever);
  ASSERT_TRUE(child.Signal(SIGSTOP).Ok());
  ASSERT_TRUE(AwaitState(child.Number(), "T"));
  EXPECT_EQ(WaitId(P_PID, child.Number(), WEXITED | WNOHANG).info.si_pid, 0);
  EXPECT_EQ(WaitId(P_PID, child.Number(), WCONTINUED | WNOHANG).info.si_pid, 0);
  EXPECT_EQ(Wait4(child.Number(), WNOHANG).pid, 0) << "without WUNTRACED";
  EXPECT_EQ(WaitId(P_PID, child.Number(), WSTOPPED | WNOHANG).info.si_status, SIGSTOP);
}

PROMISE(Wait, ContinuedChildLosesItsStopReport,
        {.says = "The report of a stop that nobody waited for is gone once the child is continued.",
         .item = "188",
         .authority = "waitid(2); kernel/signal.c prepare_signal()",
         .kind = Kind::kLinux}) {
  const ScopedChild child = Fork(PauseForever);
  ASSERT_TRUE(child.Signal(SIGSTOP).Ok());
  ASSERT_TRUE(AwaitState(child.Number(), "T"));
  ASSERT_TRUE(child.Signal(SIGCONT).Ok());
  const WaitedId waited = WaitId(P_PID, child.Number(), WSTOPPED | WCONTINUED);
  EXPECT_EQ(waited.info.si_code, CLD_CONTINUED);
  EXPECT_EQ(WaitId(P_PID, child.Number(), WSTOPPED | WNOHANG).info.si_pid, 0);
}

}  // namespace
}  // namespace procmark::conformance
