// SPDX-License-Identifier: MIT
// The options and ids of wait4(2) and waitid(2).
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>

#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"

namespace procmark::conformance {
namespace {

PROMISE(WaitOptions, NoChildrenIsEchild,
        {
            .says = "Without children wait4 and waitid fail with ECHILD, with and without WNOHANG.",
            .item = "178",
            .authority = "wait(2)",
        }) {
  EXPECT_SYSCALL_FAILS(Wait4(-1, 0), ECHILD);
  EXPECT_SYSCALL_FAILS(Wait4(-1, WNOHANG), ECHILD);
  EXPECT_SYSCALL_FAILS(WaitId(P_ALL, 0, WEXITED), ECHILD);
  EXPECT_SYSCALL_FAILS(WaitId(P_ALL, 0, WEXITED | WNOHANG), ECHILD);
  EXPECT_SYSCALL_FAILS(Wait4(::getpid(), WNOHANG), ECHILD) << "no process is a child of itself";
}

PROMISE(WaitOptions, NohangOnLiveChildTouchesNothing,
        {
            .says = "wait4(WNOHANG) returns 0 and does not write the status word when all children "
                    "live.",
            .item = "179",
            .authority = "wait(2); kernel/exit.c kernel_wait4()",
        }) {
  const ScopedChild child = Fork(PauseForever);
  const Waited waited = Wait4(-1, WNOHANG);
  EXPECT_EQ(waited.pid, 0);
  EXPECT_EQ(waited.status, kUntouched);
}

PROMISE(WaitOptions, WaitidNohangOnLiveChildZeroesInfo,
        {
            .says = "waitid(WNOHANG) with nothing to report returns 0 and sets si_pid and si_signo "
                    "to zero.",
            .item = "180",
            .authority = "waitid(2)",
        }) {
  const ScopedChild child = Fork(PauseForever);
  const WaitedId waited = WaitId(P_ALL, 0, WEXITED | WNOHANG);
  EXPECT_EQ(waited.result, 0);
  EXPECT_EQ(waited.info.si_pid, 0);
  EXPECT_EQ(waited.info.si_signo, 0);
}

PROMISE(WaitOptions, OptionsAreValidated,
        {
            .says = "waitid fails with EINVAL without WEXITED, WSTOPPED or WCONTINUED and for "
                    "unknown bits, and wait4 refuses WEXITED and WNOWAIT and accepts its own six "
                    "flags.",
            .item = "181",
            .authority = "waitid(2), wait4(2); kernel/exit.c kernel_waitid_prepare(), "
                         "kernel_wait4()",
        }) {
  ScopedChild child = Fork([] { return 0; });
  (void)child.AwaitZombie();
  EXPECT_SYSCALL_FAILS(WaitId(P_ALL, 0, 0), EINVAL);
  EXPECT_SYSCALL_FAILS(WaitId(P_ALL, 0, WNOHANG), EINVAL);
  EXPECT_SYSCALL_FAILS(WaitId(P_ALL, 0, WEXITED | 0x100), EINVAL);
  EXPECT_SYSCALL_FAILS(Wait4(-1, WEXITED), EINVAL);
  EXPECT_SYSCALL_FAILS(Wait4(-1, WNOWAIT), EINVAL);
  EXPECT_SYSCALL_FAILS(Wait4(-1, 0x100), EINVAL);
  const Waited waited = Wait4(-1, WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WALL);
  EXPECT_EQ(waited.pid, child.Number()) << "the zombie existed all the time";
}

PROMISE(WaitOptions, IdsAreValidated,
        {
            .says = "waitid fails with EINVAL for P_PID <= 0, P_PGID < 0, P_PIDFD < 0 and unknown "
                    "id types, even when a child is ready.",
            .item = "182",
            .authority = "waitid(2); kernel/exit.c kernel_waitid_prepare()",
            .since = "5.4",
        }) {
  const ScopedChild child = Fork([] { return 0; });
  (void)child.AwaitZombie();
  EXPECT_SYSCALL_FAILS(WaitId(P_PID, 0, WEXITED | WNOHANG), EINVAL);
  EXPECT_SYSCALL_FAILS(WaitId(P_PID, -1, WEXITED | WNOHANG), EINVAL);
  EXPECT_SYSCALL_FAILS(WaitId(P_PGID, -1, WEXITED | WNOHANG), EINVAL);
  EXPECT_SYSCALL_FAILS(WaitId(P_PIDFD, -1, WEXITED | WNOHANG), EINVAL);
  EXPECT_SYSCALL_FAILS(WaitId(4, 1, WEXITED | WNOHANG), EINVAL);
  EXPECT_EQ(WaitId(P_PID, child.Number(), WEXITED | WNOWAIT).info.si_pid, child.Number());
}

PROMISE(WaitOptions, IntMinIsEsrch,
        {
            .says = "wait4(INT_MIN) fails with ESRCH because no process group can be its negation.",
            .item = "183",
            .authority = "kernel/exit.c kernel_wait4(); commit dd83c161fbcc",
            .since = "4.13",
            .kind = Kind::kLinux,
        }) {
  const ScopedChild child = Fork([] { return 0; });
  (void)child.AwaitZombie();
  EXPECT_SYSCALL_FAILS(Wait4(INT_MIN, WNOHANG), ESRCH);
  EXPECT_SYSCALL_FAILS(Wait4(INT_MIN + 1, WNOHANG), ECHILD)
      << "the next value is only a group without members";
}

PROMISE(WaitOptions, NowaitLeavesTheChild,
        {
            .says = "WNOWAIT reports a zombie any number of times, the next plain wait consumes "
                    "it, and the one after that fails with ECHILD.",
            .item = "184",
            .authority = "waitid(2); kernel/exit.c wait_task_zombie()",
        }) {
  const ScopedChild child = Fork([] { return 42; });
  for (int round = 0; round < 3; ++round) {
    const WaitedId waited = WaitId(P_PID, child.Number(), WEXITED | WNOWAIT);
    EXPECT_EQ(waited.result, 0);
    EXPECT_EQ(waited.info.si_pid, child.Number());
    EXPECT_EQ(waited.info.si_status, 42);
  }
  EXPECT_EQ(WaitId(P_PID, child.Number(), WEXITED).info.si_status, 42);
  EXPECT_SYSCALL_FAILS(WaitId(P_PID, child.Number(), WEXITED), ECHILD);
}

PROMISE(WaitOptions, NowaitLeavesStopAndContinue,
        {
            .says = "WNOWAIT does not consume the report of a stop or of a continue.",
            .item = "185",
            .authority = "waitid(2); kernel/exit.c wait_task_stopped(), wait_task_continued()",
        }) {
  const ScopedChild child = Fork(PauseForever);
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGSTOP));
  for (const int extra : {WNOWAIT, WNOWAIT, 0}) {
    const WaitedId waited = WaitId(P_PID, child.Number(), WSTOPPED | extra);
    EXPECT_EQ(waited.info.si_code, CLD_STOPPED);
    EXPECT_EQ(waited.info.si_status, SIGSTOP);
  }
  EXPECT_EQ(WaitId(P_PID, child.Number(), WSTOPPED | WNOHANG).info.si_pid, 0);
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGCONT));
  for (const int extra : {WNOWAIT, WNOWAIT, 0}) {
    const WaitedId waited = WaitId(P_PID, child.Number(), WCONTINUED | extra);
    EXPECT_EQ(waited.info.si_code, CLD_CONTINUED);
    EXPECT_EQ(waited.info.si_status, SIGCONT);
  }
  EXPECT_EQ(WaitId(P_PID, child.Number(), WCONTINUED | WNOHANG).info.si_pid, 0);
}

PROMISE(WaitOptions, StoppedOnlyRefusesZombie,
        {
            .says = "waitid(WSTOPPED) for a zombie fails with ECHILD and does not consume it.",
            .item = "194",
            .authority = "waitid(2); kernel/exit.c wait_consider_task()",
            .kind = Kind::kLinux,
        }) {
  ScopedChild child = Fork([] { return 6; });
  (void)child.AwaitZombie();
  EXPECT_SYSCALL_FAILS(WaitId(P_PID, child.Number(), WSTOPPED), ECHILD);
  EXPECT_SYSCALL_FAILS(WaitId(P_PID, child.Number(), WCONTINUED), ECHILD);
  EXPECT_EQ(child.Reap(), 6 << 8);
}

PROMISE(WaitOptions, StopOfAnUnwaitedKindStays,
        {
            .says = "A wait for ends does not consume the report of a stop, which a wait for stops "
                    "then gets.",
            .item = "188 194",
            .authority = "waitid(2)",
        }) {
  const ScopedChild child = Fork(PauseForever);
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGSTOP));
  ASSERT_TRUE(AwaitState(child.Number(), "T"));
  EXPECT_EQ(WaitId(P_PID, child.Number(), WEXITED | WNOHANG).info.si_pid, 0);
  EXPECT_EQ(WaitId(P_PID, child.Number(), WCONTINUED | WNOHANG).info.si_pid, 0);
  EXPECT_EQ(Wait4(child.Number(), WNOHANG).pid, 0) << "without WUNTRACED";
  EXPECT_EQ(WaitId(P_PID, child.Number(), WSTOPPED | WNOHANG).info.si_status, SIGSTOP);
}

PROMISE(WaitOptions, ContinuedChildLosesItsStopReport,
        {
            .says = "The report of a stop that was not waited for is gone when the child is "
                    "continued.",
            .item = "188",
            .authority = "waitid(2); kernel/signal.c prepare_signal()",
            .kind = Kind::kLinux,
        }) {
  const ScopedChild child = Fork(PauseForever);
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGSTOP));
  ASSERT_TRUE(AwaitState(child.Number(), "T"));
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGCONT));
  const WaitedId waited = WaitId(P_PID, child.Number(), WSTOPPED | WCONTINUED);
  EXPECT_EQ(waited.info.si_code, CLD_CONTINUED);
  EXPECT_EQ(WaitId(P_PID, child.Number(), WSTOPPED | WNOHANG).info.si_pid, 0);
}

}  // namespace
}  // namespace procmark::conformance
