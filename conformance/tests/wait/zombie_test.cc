// SPDX-License-Identifier: MIT
// What other processes can do with a zombie.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "conformance/vocabulary/children.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/scheduling.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/tracing.h"

namespace procmark::conformance {
namespace {

PROMISE(Zombie, SignalsSucceedAndChangeNothing,
        {
            .says = "kill of a zombie returns 0 for signal 0 and for SIGKILL and does not change "
                    "its status, and after the reap it fails with ESRCH.",
            .item = "207 160 219 296",
            .authority = "kill(2), pidfd_send_signal(2)",
        }) {
  ScopedChild zombie = ForkZombie(8);
  const pid_t pid = zombie.Number();
  ASSERT_GT(pid, 0);
  EXPECT_SYSCALL_SUCCEEDS(::kill(pid, 0));
  EXPECT_SYSCALL_SUCCEEDS(zombie.Signal(0));
  EXPECT_SYSCALL_SUCCEEDS(::kill(pid, SIGKILL));
  EXPECT_SYSCALL_SUCCEEDS(zombie.Signal(SIGKILL));
  EXPECT_EQ(zombie.Reap(), 8 << 8);
  EXPECT_SYSCALL_FAILS(::kill(pid, 0), ESRCH);
  const sys::Result<void> late = zombie.Signal(0);
  ASSERT_FALSE(late.Ok());
  EXPECT_ERRNO(late.Failure().error_number, ESRCH);
}

PROMISE(Zombie, GroupOfZombiesCanBeSignalled,
        {
            .says = "kill of a process group that has only a zombie succeeds, and after the reap "
                    "it fails with ESRCH.",
            .item = "208",
            .authority = "kill(2); kernel/signal.c __kill_pgrp_info()",
        }) {
  ScopedChild zombie = Fork([] { (void)::setpgid(0, 0); });
  (void)zombie.AwaitZombie();
  const pid_t group = zombie.Number();
  ASSERT_GT(group, 1);  // -1 would mean every process
  ASSERT_EQ(::getpgid(group), group) << "the group must be that of the zombie, not the test's";
  EXPECT_SYSCALL_SUCCEEDS(::kill(-group, SIGTERM));
  EXPECT_EQ(zombie.Reap(), 0);
  EXPECT_SYSCALL_FAILS(::kill(-group, 0), ESRCH);
}

PROMISE(Zombie, AnchorsItsProcessGroup,
        {
            .says = "A living child can join the process group of a zombie leader.",
            .item = "215",
            .authority = "setpgid(2); kernel/sys.c setpgid()",
            .kind = Kind::kLinux,
        }) {
  const ScopedChild leader = Fork([] { (void)::setpgid(0, 0); });
  (void)leader.AwaitZombie();
  const ScopedChild member = Fork(PauseForever);
  EXPECT_SYSCALL_SUCCEEDS(::setpgid(member.Number(), leader.Number()));
  EXPECT_EQ(::getpgid(member.Number()), leader.Number());
}

PROMISE(Zombie, GroupAndSessionAreReadable,
        {
            .says = "getpgid and getsid succeed for a zombie and fail with ESRCH after the reap.",
            .item = "216 256",
            .authority = "getpgid(2), getsid(2)",
        }) {
  ScopedChild zombie = Fork([] { (void)::setsid(); });
  (void)zombie.AwaitZombie();
  EXPECT_EQ(::getpgid(zombie.Number()), zombie.Number());
  EXPECT_EQ(::getsid(zombie.Number()), zombie.Number());
  EXPECT_EQ(zombie.Reap(), 0);
  EXPECT_SYSCALL_FAILS(::getpgid(zombie.Number()), ESRCH);
  EXPECT_SYSCALL_FAILS(::getsid(zombie.Number()), ESRCH);
}

PROMISE(Zombie, CannotBeTraced,
        {
            .says = "PTRACE_SEIZE and PTRACE_ATTACH of a zombie fail with EPERM.",
            .item = "217",
            .authority = "ptrace(2); kernel/ptrace.c ptrace_attach()",
        }) {
  const ScopedChild zombie = ForkZombie();
  EXPECT_SYSCALL_FAILS(Ptrace(PTRACE_SEIZE, zombie.Number()), EPERM);
  EXPECT_SYSCALL_FAILS(Ptrace(PTRACE_ATTACH, zombie.Number()), EPERM);
}

PROMISE(Zombie, PriorityIsReadable,
        {
            .says = "getpriority and setpriority succeed for a zombie and fail with ESRCH after "
                    "the reap.",
            .item = "218",
            .authority = "getpriority(2), setpriority(2)",
            .kind = Kind::kLinux,
        }) {
  SKIP_IF_NICER_THAN(7);
  ScopedChild zombie = Fork([] { return ::setpriority(PRIO_PROCESS, 0, 7) == 0 ? 0 : 1; });
  (void)zombie.AwaitZombie();
  const auto id = static_cast<id_t>(zombie.Number());
  EXPECT_EQ(::getpriority(PRIO_PROCESS, id), 7);
  EXPECT_SYSCALL_SUCCEEDS(::setpriority(PRIO_PROCESS, id, 9));
  EXPECT_EQ(::getpriority(PRIO_PROCESS, id), 9);
  EXPECT_EQ(zombie.Reap(), 0);
  errno = 0;
  EXPECT_SYSCALL_FAILS(::getpriority(PRIO_PROCESS, id), ESRCH);
  EXPECT_SYSCALL_FAILS(::setpriority(PRIO_PROCESS, id, 9), ESRCH);
}

PROMISE(Zombie, PidIsNotReused,
        {
            .says = "Another process cannot get the pid of a zombie by clone3 set_tid, which fails "
                    "with EEXIST, until the zombie is reaped.",
            .item = "214 309",
            .authority = "clone3(2); kernel/pid.c alloc_pid()",
            .since = "5.5",
        }) {
  ScopedChild zombie = ForkZombie();
  const pid_t wanted = zombie.Number();
  const CloneArguments arguments = WithPid(&wanted);
  const pid_t refused = RawClone3(arguments);
  if (refused == 0) ::_exit(0);
  const int error = errno;
  if (refused > 0) (void)Wait4(refused, __WALL);
  if (refused < 0 && error == EPERM) GTEST_SKIP() << "set_tid needs CAP_SYS_ADMIN here";
  ASSERT_EQ(refused, -1);
  EXPECT_ERRNO(error, EEXIST);
  EXPECT_EQ(zombie.Reap(), 0);
  ScopedChild successor = Clone(arguments, [] { return 4; });
  EXPECT_EQ(successor.Number(), wanted);
  EXPECT_EQ(successor.Reap(), 4 << 8);
}

PROMISE(Zombie, StopAndContinueLeaveItDead,
        {
            .says = "SIGSTOP and SIGCONT do not change the state of a zombie.",
            .item = "221",
            .authority = "signal(7); kernel/signal.c prepare_signal()",
        }) {
  ScopedChild zombie = ForkZombie(2);
  for (const int signal : {SIGSTOP, SIGCONT, SIGTSTP}) {
    EXPECT_SYSCALL_SUCCEEDS(zombie.Signal(signal));
    EXPECT_EQ(Stat(zombie.Number()).state, 'Z');
  }
  EXPECT_SYSCALL_FAILS(WaitId(P_PID, zombie.Number(), WSTOPPED | WCONTINUED | WNOHANG), ECHILD);
  EXPECT_EQ(zombie.Reap(), 2 << 8);
}

PROMISE(Zombie, ItsNamespacesCannotBeEntered,
        {
            .says = "setns by the pidfd of a zombie fails with ESRCH because it has no namespaces "
                    "any more.",
            .item = "219",
            .authority = "setns(2); kernel/nsproxy.c validate_nsset()",
            .since = "5.8",
            .kind = Kind::kLinux,
        }) {
  const Handshake end;
  ScopedChild child = ForkUntil(end);
  const auto enter = [&] {
    return Fork([&] { return ::setns(child.PidFd(), CLONE_NEWUTS) == 0 ? 0 : errno; }).Reap() >> 8;
  };
  const int alive = enter();
  EXPECT_TRUE(alive == 0 || alive == EPERM) << "the control, alive: " << alive;
  end.Notify();
  (void)child.AwaitZombie();
  EXPECT_ERRNO(enter(), ESRCH);
  EXPECT_EQ(child.Reap(), 0);
}

}  // namespace
}  // namespace procmark::conformance
