// SPDX-License-Identifier: MIT
// Stop signals and SIGCONT: their effect, and what they report to the parent.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/signals.h"
#include "conformance/vocabulary/syscall_result.h"

namespace procmark::conformance {
namespace {

PROMISE(StopSignal, EachStopIsReported,
        {
            .says = "SIGSTOP, SIGTSTP, SIGTTIN and SIGTTOU each stop a child, and SIGCHLD and the "
                    "wait report the stop with the signal's number.",
            .item = "268 188",
            .authority = "signal(7), waitid(2)",
        }) {
  const BlockedSignal chld(SIGCHLD);
  const ScopedChild child = Fork(PauseForever);
  for (const int signal : {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU}) {
    ASSERT_SYSCALL_SUCCEEDS(child.Signal(signal));
    const siginfo_t stop = chld.Take();
    EXPECT_EQ(stop.si_code, CLD_STOPPED);
    EXPECT_EQ(stop.si_status, signal);
    EXPECT_EQ(Wait4(child.Number(), WUNTRACED).status, (signal << 8) | 0x7f);
    ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGCONT));
    EXPECT_EQ(chld.Take().si_code, CLD_CONTINUED);
    EXPECT_EQ(Wait4(child.Number(), WCONTINUED).status, 0xffff);
  }
}

PROMISE(StopSignal, StopAndContinueSendSigchld,
        {
            .says = "A stop and a continue send SIGCHLD with CLD_STOPPED and CLD_CONTINUED and "
                    "with the signal as si_status.",
            .item = "268",
            .authority = "sigaction(2); kernel/signal.c do_notify_parent_cldstop()",
        }) {
  const BlockedSignal chld(SIGCHLD);
  const ScopedChild child = Fork(PauseForever);
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGSTOP));
  const siginfo_t stop = chld.Take();
  EXPECT_EQ(stop.si_code, CLD_STOPPED);
  EXPECT_EQ(stop.si_status, SIGSTOP);
  EXPECT_EQ(stop.si_pid, child.Number());
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGCONT));
  const siginfo_t go = chld.Take();
  EXPECT_EQ(go.si_code, CLD_CONTINUED);
  EXPECT_EQ(go.si_status, SIGCONT);
}

PROMISE(StopSignal, NoCldStopSilencesStopsOnly,
        {
            .says = "SA_NOCLDSTOP suppresses SIGCHLD for stops and continues and not for the exit, "
                    "and waits still report stops.",
            .item = "227",
            .authority = "sigaction(2) SA_NOCLDSTOP; kernel/signal.c do_notify_parent_cldstop()",
        }) {
  struct sigaction action {};
  action.sa_handler = DoNothing;
  action.sa_flags = SA_NOCLDSTOP;
  ASSERT_SYSCALL_SUCCEEDS(::sigaction(SIGCHLD, &action, nullptr));
  const BlockedSignal chld(SIGCHLD);
  const ScopedChild child = Fork(PauseForever);
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGSTOP));
  EXPECT_EQ(child.AwaitStop().si_code, CLD_STOPPED);
  EXPECT_FALSE(chld.Pending());
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGCONT));
  EXPECT_EQ(WaitId(P_PID, child.Number(), WCONTINUED).info.si_code, CLD_CONTINUED);
  EXPECT_FALSE(chld.Pending());
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGKILL));
  EXPECT_EQ(chld.Take().si_code, CLD_KILLED);
}

PROMISE(StopSignal, ContinueDiscardsPendingStops,
        {
            .says = "SIGCONT discards a pending stop signal, and a stop signal discards a pending "
                    "SIGCONT.",
            .item = "273",
            .authority = "signal(7), POSIX.1 2.4.1; kernel/signal.c prepare_signal()",
        }) {
  const BlockedSignal tstp(SIGTSTP);
  const BlockedSignal cont(SIGCONT);
  ASSERT_SYSCALL_SUCCEEDS(SignalProcess(::getpid(), SIGTSTP));
  EXPECT_TRUE(tstp.Pending());
  ASSERT_SYSCALL_SUCCEEDS(SignalProcess(::getpid(), SIGCONT));
  EXPECT_FALSE(tstp.Pending());
  EXPECT_TRUE(cont.Pending());
  ASSERT_SYSCALL_SUCCEEDS(SignalProcess(::getpid(), SIGTSTP));
  EXPECT_FALSE(cont.Pending());
  EXPECT_TRUE(tstp.Pending());
  ASSERT_SYSCALL_SUCCEEDS(
      SignalProcess(::getpid(), SIGCONT));  // nothing may stop the test at its end
}

PROMISE(StopSignal, KillOfAStoppedChildSupersedesItsStop,
        {
            .says = "A child killed while it is stopped is reported once, as CLD_KILLED, and the "
                    "report of its stop is gone.",
            .item = "272",
            .authority = "wait(2); kernel/exit.c wait_consider_task()",
        }) {
  ScopedChild child = Fork(PauseForever);
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGSTOP));
  ASSERT_TRUE(AwaitState(child.Number(), "T"));
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGKILL));
  (void)child.AwaitZombie();
  const WaitedId end = WaitId(P_PID, child.Number(), WSTOPPED | WCONTINUED | WEXITED);
  EXPECT_EQ(end.info.si_code, CLD_KILLED);
  EXPECT_EQ(end.info.si_status, SIGKILL);
  EXPECT_SYSCALL_FAILS(Wait4(child.Number(), WUNTRACED), ECHILD);
}

PROMISE(StopSignal, BlockedContinueIsReported,
        {
            .says = "SIGCONT continues a child that blocks it, and this is reported as a continue.",
            .item = "268 273",
            .authority = "signal(7); kernel/signal.c prepare_signal()",
        }) {
  const Handshake blocked;
  const ScopedChild child = Fork([&] {
    const BlockedSignal cont(SIGCONT);
    blocked.Notify();
    PauseForever();
  });
  ASSERT_TRUE(blocked.Await());
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGSTOP));
  (void)child.AwaitStop();
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGCONT));
  EXPECT_EQ(Wait4(child.Number(), WCONTINUED).status, 0xffff);
  EXPECT_EQ(MaskOf(child.Number(), "ShdPnd"), SignalBit(SIGCONT));
}

PROMISE(StopSignal, ContinueOfARunningChildIsNotReported,
        {
            .says = "SIGCONT to a child that is not stopped is not reported as a continue.",
            .item = "268",
            .authority = "waitid(2) WCONTINUED; kernel/signal.c prepare_signal()",
        }) {
  const BlockedSignal chld(SIGCHLD);
  const Handshake gate;
  const Handshake answer;
  const ScopedChild child = Fork([&] {
    while (gate.Await()) answer.Notify();
  });
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGCONT));
  gate.Notify();
  ASSERT_TRUE(answer.Await()) << "it has run since the signal";
  EXPECT_EQ(WaitId(P_PID, child.Number(), WCONTINUED | WNOHANG).info.si_pid, 0);
  EXPECT_FALSE(chld.Pending());
}

}  // namespace
}  // namespace procmark::conformance
