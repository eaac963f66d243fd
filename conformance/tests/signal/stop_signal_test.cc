// Stop signals and SIGCONT: what they do, and what the parent is told.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <string>

#include "conformance/vocabulary/blocked_signal.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/test_deadline.h"

namespace procmark::conformance {
namespace {

PROMISE(StopSignal, EachStopIsReported,
        {.says = "SIGSTOP, SIGTSTP, SIGTTIN and SIGTTOU each stop a child and are reported by "
                 "SIGCHLD and by the wait with their own number.",
         .item = "268 188",
         .authority = "signal(7), waitid(2)"}) {
  const BlockedSignal chld(SIGCHLD);
  const ScopedChild child = Fork(PauseForever);
  for (const int signal : {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU}) {
    ASSERT_TRUE(child.Signal(signal).Ok());
    const siginfo_t stop = chld.Take();
    EXPECT_EQ(stop.si_code, CLD_STOPPED);
    EXPECT_EQ(stop.si_status, signal);
    EXPECT_EQ(Wait4(child.Number(), WUNTRACED).status, (signal << 8) | 0x7f);
    ASSERT_TRUE(child.Signal(SIGCONT).Ok());
    EXPECT_EQ(chld.Take().si_code, CLD_CONTINUED);
    EXPECT_EQ(Wait4(child.Number(), WCONTINUED).status, 0xffff);
  }
}

sigset_t SetOf(int signal) {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, signal);
  return set;
}

void Block(int signal) {
  const sigset_t set = SetOf(signal);
  ASSERT_EQ(::sigprocmask(SIG_BLOCK, &set, nullptr), 0);
}

// The next such signal, blocked before; si_signo is 0 when none comes until the test's deadline.
siginfo_t Take(int signal) {
  const sigset_t set = SetOf(signal);
  const int left_ms = TestDeadline().PollTimeoutMs();
  const timespec timeout{left_ms / 1000, (left_ms % 1000) * 1'000'000L};
  siginfo_t info{};
  while (::sigtimedwait(&set, &info, &timeout) < 0 && errno == EINTR) {
  }
  return info;
}

PROMISE(
    StopSignal, StopAndContinueSendSigchld,
    {.says =
         "A stop and a continue send SIGCHLD with CLD_STOPPED and CLD_CONTINUED and the signal as "
         "si_status.",
     .item = "268",
     .authority = "sigaction(2); kernel/signal.c do_notify_parent_cldstop()"}) {
  Block(SIGCHLD);
  const ScopedChild child = Fork(PauseForever);
  ASSERT_TRUE(child.Signal(SIGSTOP).Ok());
  const siginfo_t stop = Take(SIGCHLD);
  EXPECT_EQ(stop.si_code, CLD_STOPPED);
  EXPECT_EQ(stop.si_status, SIGSTOP);
  EXPECT_EQ(stop.si_pid, child.Number());
  ASSERT_TRUE(child.Signal(SIGCONT).Ok());
  const siginfo_t go = Take(SIGCHLD);
  EXPECT_EQ(go.si_code, CLD_CONTINUED);
  EXPECT_EQ(go.si_status, SIGCONT);
}

bool IsPending(int signal) {
  sigset_t pending;
  ::sigemptyset(&pending);
  EXPECT_EQ(::sigpending(&pending), 0);
  return ::sigismember(&pending, signal) == 1;
}

void DoNothing(int) {}

PROMISE(
    StopSignal, NoCldStopSilencesStopsOnly,
    {.says =
         "SA_NOCLDSTOP keeps SIGCHLD for stops and continues away, not the one for the exit; waits "
         "still report stops.",
     .item = "227",
     .authority = "sigaction(2) SA_NOCLDSTOP; kernel/signal.c do_notify_parent_cldstop()"}) {
  struct sigaction action {};
  action.sa_handler = DoNothing;
  action.sa_flags = SA_NOCLDSTOP;
  ASSERT_EQ(::sigaction(SIGCHLD, &action, nullptr), 0);
  Block(SIGCHLD);
  const ScopedChild child = Fork(PauseForever);
  ASSERT_TRUE(child.Signal(SIGSTOP).Ok());
  EXPECT_EQ(child.AwaitStop().si_code, CLD_STOPPED);
  EXPECT_FALSE(IsPending(SIGCHLD));
  ASSERT_TRUE(child.Signal(SIGCONT).Ok());
  EXPECT_EQ(WaitId(P_PID, child.Number(), WCONTINUED).info.si_code, CLD_CONTINUED);
  EXPECT_FALSE(IsPending(SIGCHLD));
  ASSERT_TRUE(child.Signal(SIGKILL).Ok());
  EXPECT_EQ(Take(SIGCHLD).si_code, CLD_KILLED);
}

PROMISE(
    StopSignal, ContinueDiscardsPendingStops,
    {.says =
         "SIGCONT discards a pending stop signal, and a stop signal discards a pending SIGCONT.",
     .item = "273",
     .authority = "signal(7), POSIX.1 2.4.1; kernel/signal.c prepare_signal()"}) {
  Block(SIGTSTP);
  Block(SIGCONT);
  ASSERT_TRUE(SignalProcess(::getpid(), SIGTSTP).Ok());
  EXPECT_TRUE(IsPending(SIGTSTP));
  ASSERT_TRUE(SignalProcess(::getpid(), SIGCONT).Ok());
  EXPECT_FALSE(IsPending(SIGTSTP));
  EXPECT_TRUE(IsPending(SIGCONT));
  ASSERT_TRUE(SignalProcess(::getpid(), SIGTSTP).Ok());
  EXPECT_FALSE(IsPending(SIGCONT));
  EXPECT_TRUE(IsPending(SIGTSTP));
  ASSERT_TRUE(SignalProcess(::getpid(), SIGCONT).Ok());  // nothing may stop the test at its end
}

PROMISE(StopSignal, KillOfAStoppedChildSupersedesItsStop,
        {.says = "A child killed while it is stopped is reported once, as CLD_KILLED: the report "
                 "of its stop is gone.",
         .item = "272",
         .authority = "wait(2); kernel/exit.c wait_consider_task()"}) {
  ScopedChild child = Fork(PauseForever);
  ASSERT_TRUE(child.Signal(SIGSTOP).Ok());
  ASSERT_TRUE(AwaitState(child.Number(), "T"));
  ASSERT_TRUE(child.Signal(SIGKILL).Ok());
  (void)child.AwaitZombie();
  const WaitedId end = WaitId(P_PID, child.Number(), WSTOPPED | WCONTINUED | WEXITED);
  EXPECT_EQ(end.info.si_code, CLD_KILLED);
  EXPECT_EQ(end.info.si_status, SIGKILL);
  EXPECT_EQ(Wait4(child.Number(), WUNTRACED).error, ECHILD);
}

PROMISE(StopSignal, BlockedContinueIsReported,
        {.says = "SIGCONT to a child that blocks it continues the child and is reported as a "
                 "continue.",
         .item = "268 273",
         .authority = "signal(7); kernel/signal.c prepare_signal()"}) {
  const Handshake blocked;
  const ScopedChild child = Fork([&] {
    const BlockedSignal cont(SIGCONT);
    blocked.Notify();
    PauseForever();
  });
  ASSERT_TRUE(blocked.Await());
  ASSERT_TRUE(child.Signal(SIGSTOP).Ok());
  (void)child.AwaitStop();
  ASSERT_TRUE(child.Signal(SIGCONT).Ok());
  EXPECT_EQ(Wait4(child.Number(), WCONTINUED).status, 0xffff);
  EXPECT_EQ(std::stoull(StatusLine(child.Number(), "ShdPnd"), nullptr, 16), 1ULL << (SIGCONT - 1));
}

PROMISE(StopSignal, ContinueOfARunningChildIsNotReported,
        {.says = "SIGCONT to a child that is not stopped is no continue: nothing is reported.",
         .item = "268",
         .authority = "waitid(2) WCONTINUED; kernel/signal.c prepare_signal()"}) {
  const BlockedSignal chld(SIGCHLD);
  const Handshake gate;
  const Handshake answer;
  const ScopedChild child = Fork([&] {
    while (gate.Await()) answer.Notify();
  });
  ASSERT_TRUE(child.Signal(SIGCONT).Ok());
  gate.Notify();
  ASSERT_TRUE(answer.Await()) << "it has run since the signal";
  EXPECT_EQ(WaitId(P_PID, child.Number(), WCONTINUED | WNOHANG).info.si_pid, 0);
  EXPECT_FALSE(chld.Pending());
}

}  // namespace
}  // namespace procmark::conformance
