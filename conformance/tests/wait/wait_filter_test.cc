// SPDX-License-Identifier: MIT
// Which children a wait returns.
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <vector>

#include "conformance/vocabulary/children.h"
#include "conformance/vocabulary/descriptors.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/tracing.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

// A zombie child that leads its own process group.
ScopedChild ZombieInOwnGroup(int status) {
  ScopedChild child = Fork([status] {
    (void)::setpgid(0, 0);
    return status;
  });
  (void)child.AwaitZombie();
  return child;
}

PROMISE(WaitFilter, GroupsRefuseEarlierZombies,
        {
            .says = "wait4(-pgid) and waitid(P_PGID) return only children of that group even when "
                    "an earlier zombie of another group exists.",
            .item = "189 190",
            .authority = "wait4(2), waitid(2); kernel/exit.c eligible_pid()",
        }) {
  const ScopedChild control = ZombieInOwnGroup(1);
  const ScopedChild first = ZombieInOwnGroup(2);
  const ScopedChild second = ZombieInOwnGroup(3);
  EXPECT_EQ(Wait4(-second.Number(), 0).pid, second.Number());
  EXPECT_SYSCALL_FAILS(Wait4(-second.Number(), 0), ECHILD) << "that group has no more children";
  EXPECT_EQ(WaitId(P_PGID, first.Number(), WEXITED).info.si_pid, first.Number());
  EXPECT_SYSCALL_FAILS(WaitId(P_PGID, first.Number(), WEXITED), ECHILD);
  EXPECT_EQ(Wait4(-1, 0).pid, control.Number()) << "the control was not reaped";
}

PROMISE(WaitFilter, PidZeroMeansOwnGroup,
        {
            .says = "wait4(0) and waitid(P_PGID, 0) return only children of the caller's group.",
            .item = "189 190 191",
            .authority = "wait4(2), waitid(2); kernel/exit.c",
            .since = "5.4",
        }) {
  const ScopedChild control = ZombieInOwnGroup(1);
  ScopedChild first = Fork([] { return 2; });
  (void)first.AwaitZombie();
  EXPECT_EQ(WaitId(P_PGID, 0, WEXITED).info.si_pid, first.Number());
  EXPECT_SYSCALL_FAILS(WaitId(P_PGID, 0, WEXITED), ECHILD);
  ScopedChild second = Fork([] { return 3; });
  (void)second.AwaitZombie();
  EXPECT_EQ(Wait4(0, 0).pid, second.Number());
  EXPECT_SYSCALL_FAILS(Wait4(0, 0), ECHILD);
  EXPECT_EQ(Wait4(-1, WNOHANG).pid, control.Number()) << "the control was not reaped";
}

PROMISE(WaitFilter, CloneFlagsChooseByExitSignal,
        {
            .says = "A plain wait returns only children whose exit signal is SIGCHLD, __WCLONE "
                    "only the others, and __WALL both.",
            .item = "192",
            .authority = "wait4(2); kernel/exit.c eligible_child()",
        }) {
  CloneArguments silent;  // exit signal 0
  const CloneArguments loud{.exit_signal = SIGUSR1};
  (void)::signal(SIGUSR1, SIG_IGN);
  const ScopedChild none = Clone(silent, [] { return 1; });
  const ScopedChild usr1 = Clone(loud, [] { return 2; });
  (void)none.AwaitZombie();
  (void)usr1.AwaitZombie();
  EXPECT_SYSCALL_FAILS(Wait4(-1, WNOHANG), ECHILD) << "no child of the plain kind";
  const ScopedChild plain = Fork([] { return 3; });
  (void)plain.AwaitZombie();
  EXPECT_EQ(Wait4(none.Number(), static_cast<int>(__WCLONE)).pid, none.Number());
  EXPECT_SYSCALL_FAILS(Wait4(plain.Number(), static_cast<int>(__WCLONE)), ECHILD);
  EXPECT_EQ(Wait4(-1, 0).pid, plain.Number());
  EXPECT_SYSCALL_FAILS(Wait4(-1, 0), ECHILD);
  EXPECT_EQ(Wait4(-1, __WALL).pid, usr1.Number());
}

PROMISE(WaitFilter, TracedChildIsEligibleWhateverItsExitSignal,
        {
            .says = "A plain wait returns a traced child even if its exit signal is not SIGCHLD, "
                    "and does not return the same child untraced.",
            .item = "192",
            .authority = "wait4(2) __WCLONE; kernel/exit.c eligible_child() (p->ptrace)",
        }) {
  const Handshake gate;
  ScopedChild child = Clone(CloneArguments{}, [&] { return gate.Await() ? 51 : 1; });
  EXPECT_SYSCALL_FAILS(Wait4(-1, WNOHANG), ECHILD) << "the control: not traced";
  Seize(child.Number(), 0);
  EXPECT_EQ(Wait4(-1, WNOHANG).pid, 0) << "traced: now a plain wait finds it";
  gate.Notify();
  const Waited waited = Wait4(-1, 0);
  EXPECT_EQ(waited.pid, child.Number());
  EXPECT_EQ(waited.status, 51 << 8);
}

PROMISE(WaitFilter, ForeignTracerDoesNotMakeItEchild,
        {
            .says = "waitid(WNOHANG) for a live child that another process traces returns 0 with "
                    "nothing to report, and does not fail with ECHILD.",
            .item = "202",
            .authority = "kernel/exit.c wait_consider_task()",
            .kind = Kind::kLinux,
        }) {
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

PROMISE(WaitFilter, SeveralZombiesComeInOrderOfBirth,
        {
            .says = "wait returns several zombies in the order in which they were born, "
                    "independent of the order of their ends.",
            .item = "201",
            .authority = "kernel/exit.c do_wait_thread() (the list of children)",
            .kind = Kind::kInfo,
        }) {
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
    ASSERT_SYSCALL_SUCCEEDS(WaitId(P_PID, born[next], WEXITED | WNOWAIT));
  }
  std::vector<pid_t> seen;
  for (size_t i = 0; i < born.size(); ++i) seen.push_back(Wait4(-1, 0).pid);
  if (seen != born) GTEST_SKIP() << "recorded: the order differs from that of birth";
}

PROMISE(WaitFilter, GrandchildIsItsParentsAlone,
        {
            .says = "A grandchild cannot be waited for, living or dead, by pid, group or pidfd.",
            .item = "178 189",
            .authority = "wait(2); POSIX.1 waitpid",
        }) {
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
  EXPECT_SYSCALL_FAILS(Wait4(pid, 0), ECHILD);
  EXPECT_SYSCALL_FAILS(Wait4(-pid, 0), ECHILD);
  EXPECT_SYSCALL_FAILS(WaitId(P_PID, pid, WEXITED), ECHILD);
  const sys::Fd pidfd = OpenPidfd(pid);
  EXPECT_SYSCALL_FAILS(WaitId(P_PIDFD, pidfd.Get(), WEXITED), ECHILD);
  end.Notify();
  EXPECT_EQ(middle.Reap(), 53 << 8) << "its own parent can";
}

PROMISE(WaitFilter, ChangeOfGroupCounts,
        {
            .says = "A wait for a process group returns a child that joined the group after it was "
                    "born, and does not return one that left the group.",
            .item = "189",
            .authority = "wait4(2); kernel/exit.c eligible_pid()",
        }) {
  const Handshake leave_end;
  const Handshake join_end;
  ScopedChild anchor = Fork(PauseForever);
  ASSERT_SYSCALL_SUCCEEDS(::setpgid(anchor.Number(), 0));
  ScopedChild left = ForkUntil(leave_end, 56);
  ScopedChild joined = ForkUntil(join_end, 57);
  ASSERT_SYSCALL_SUCCEEDS(::setpgid(left.Number(), anchor.Number()));
  ASSERT_SYSCALL_SUCCEEDS(::setpgid(left.Number(), ::getpgrp()));
  ASSERT_SYSCALL_SUCCEEDS(::setpgid(joined.Number(), anchor.Number()));
  leave_end.Notify();
  (void)left.AwaitZombie();
  EXPECT_EQ(Wait4(-anchor.Number(), WNOHANG).pid, 0) << "the wait does not find the one that left";
  join_end.Notify();
  EXPECT_EQ(Wait4(-anchor.Number(), 0).pid, joined.Number());
  EXPECT_EQ(left.Reap(), 56 << 8);
}

}  // namespace
}  // namespace procmark::conformance
