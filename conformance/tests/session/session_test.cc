// SPDX-License-Identifier: MIT
// Sessions and process groups: which moves are allowed, and which signals an orphaned group gets.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/signals.h"
#include "conformance/vocabulary/syscall_result.h"

namespace procmark::conformance {
namespace {

PROMISE(Session, SetsidMakesALeaderOnce,
        {
            .says = "setsid makes its caller the leader of a new session and group, and a second "
                    "call or a call by any group leader fails with EPERM.",
            .item = "253",
            .authority = "setsid(2)",
        }) {
  const ChildChecks checks(6);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_EQ(checks, ::setsid(), ::getpid());
    CHILD_EXPECT_EQ(checks, ::getsid(0), ::getpid());
    CHILD_EXPECT_EQ(checks, ::getpgrp(), ::getpid());
    const pid_t again = ::setsid();
    CHILD_EXPECT_SYSCALL_FAILS(checks, again, EPERM);
  });
  EXPECT_EQ(child.Reap(), 0);
  ScopedChild leader = Fork([&] {
    CHILD_EXPECT_SYSCALL_SUCCEEDS(checks, ::setpgid(0, 0));
    const pid_t session = ::setsid();
    CHILD_EXPECT_SYSCALL_FAILS(checks, session, EPERM);
  });
  EXPECT_EQ(leader.Reap(), 0);
}

int SetpgidError(pid_t pid, pid_t group) { return ::setpgid(pid, group) == 0 ? 0 : errno; }

PROMISE(Session, SetpgidRefusesForeignGroups,
        {
            .says = "setpgid fails with EINVAL for a negative group, with ESRCH for a process that "
                    "is not a child, and with EPERM for a session leader, for a group that does "
                    "not exist and for a group of another session.",
            .item = "255",
            .authority = "setpgid(2) ERRORS",
        }) {
  const Handshake ready;
  const ScopedChild plain = Fork(PauseForever);
  const ScopedChild leader = Fork([&] {
    (void)::setsid();
    ready.Notify();
    PauseForever();
  });
  ASSERT_TRUE(ready.Await());
  EXPECT_ERRNO(SetpgidError(plain.Number(), -1), EINVAL);
  EXPECT_ERRNO(SetpgidError(::getppid(), 0), ESRCH);
  EXPECT_ERRNO(SetpgidError(leader.Number(), ::getpgrp()), EPERM);
  EXPECT_ERRNO(SetpgidError(plain.Number(), leader.Number()), EPERM) << "another session";
  EXPECT_ERRNO(SetpgidError(plain.Number(), 4'000'000), EPERM) << "no such group";
  EXPECT_EQ(::getpgid(plain.Number()), ::getpgrp()) << "nothing was changed";
  EXPECT_ERRNO(SetpgidError(plain.Number(), plain.Number()), 0) << "the control: an allowed call";
}

// Forks a member in its own group that only `parent`, which ends on `end`, connects to the session.
// The member blocks SIGHUP and SIGCONT so that they stay visible as pending.
struct Group {
  Handshake ready;
  Handshake end;
};

ScopedChild ForkParentOfGroup(const Group& group, pid_t* shared_member) {
  return Fork([&group, shared_member] {
    // A new session: the init that adopts the member is in another session and does not connect its
    // group to this one.
    (void)::setsid();
    const pid_t pid = ::fork();
    if (pid == 0) {
      const sigset_t set = SetOf({SIGHUP, SIGCONT});
      (void)::sigprocmask(SIG_BLOCK, &set, nullptr);
      (void)::setpgid(0, 0);
      group.ready.Notify();
      PauseForever();
    }
    *shared_member = pid;
    (void)group.end.Await();
    ::_exit(0);
  });
}

PROMISE(Session, OrphanedGroupWithStoppedMemberGetsHangup,
        {
            .says = "A group that becomes orphaned with a stopped member gets SIGHUP and SIGCONT, "
                    "which are pending before the parent whose end orphaned the group can be "
                    "waited for.",
            .item = "257 343",
            .authority = "exit(3) POSIX.1; kernel/exit.c kill_orphaned_pgrp()",
        }) {
  const Group group;
  const Shared<pid_t> member_pid;
  ScopedChild parent = ForkParentOfGroup(group, &*member_pid);
  ASSERT_TRUE(group.ready.Await());
  ASSERT_TRUE(AwaitState(parent.Number(), "S"));
  const ScopedProcess member = ScopedProcess::Open(*member_pid);
  ASSERT_SYSCALL_SUCCEEDS(member.Signal(SIGSTOP));
  ASSERT_TRUE(AwaitState(member.Number(), "T"));
  EXPECT_EQ(MaskOf(member.Number(), "ShdPnd"), 0U);
  group.end.Notify();
  (void)parent.AwaitZombie();
  EXPECT_EQ(MaskOf(member.Number(), "ShdPnd"), SignalBit(SIGHUP) | SignalBit(SIGCONT));
  EXPECT_TRUE(AwaitState(member.Number(), "S"))
      << "SIGCONT continues the member even though it is blocked";
  EXPECT_EQ(parent.Reap(), 0);
}

PROMISE(Session, OrphanedGroupWithoutStoppedMemberGetsNothing,
        {
            .says = "A group that becomes orphaned without a stopped member gets no signal.",
            .item = "258",
            .authority = "exit(3) POSIX.1; kernel/exit.c has_stopped_jobs()",
        }) {
  const Group group;
  const Shared<pid_t> member_pid;
  ScopedChild parent = ForkParentOfGroup(group, &*member_pid);
  ASSERT_TRUE(group.ready.Await());
  ASSERT_TRUE(AwaitState(parent.Number(), "S"));
  const ScopedProcess member = ScopedProcess::Open(*member_pid);
  group.end.Notify();
  EXPECT_EQ(parent.Reap(), 0);
  EXPECT_EQ(MaskOf(member.Number(), "ShdPnd"), 0U);
  EXPECT_FALSE(member.Ended());
}

PROMISE(Session, TerminalStopsAreDroppedInOrphanedGroup,
        {
            .says = "In an orphaned group the default action of SIGTSTP, SIGTTIN and SIGTTOU is "
                    "dropped, and SIGSTOP still stops.",
            .item = "259",
            .authority = "signal(7), POSIX.1 2.4.3; kernel/signal.c get_signal()",
        }) {
  const Handshake ready;
  ScopedChild orphaned = Fork([&] {
    (void)::setsid();  // a new session, in which no other group is connected to this one
    ready.Notify();
    PauseForever();
  });
  ASSERT_TRUE(ready.Await());
  for (const int signal : {SIGTSTP, SIGTTIN, SIGTTOU}) {
    ASSERT_SYSCALL_SUCCEEDS(orphaned.Signal(signal));
    EXPECT_TRUE(AwaitState(orphaned.Number(), "S")) << signal;
    EXPECT_EQ(MaskOf(orphaned.Number(), "ShdPnd"), 0U) << "taken and dropped";
    EXPECT_EQ(Wait4(orphaned.Number(), WUNTRACED | WNOHANG).pid, 0) << signal;
  }
  const ScopedChild tied = Fork(PauseForever);  // the control: this group is not orphaned
  ASSERT_SYSCALL_SUCCEEDS(tied.Signal(SIGTSTP));
  EXPECT_EQ(tied.AwaitStop().si_status, SIGTSTP);
  ASSERT_SYSCALL_SUCCEEDS(orphaned.Signal(SIGSTOP));
  EXPECT_EQ(orphaned.AwaitStop().si_status, SIGSTOP);
}

}  // namespace
}  // namespace procmark::conformance
