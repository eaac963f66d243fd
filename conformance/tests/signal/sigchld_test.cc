// SPDX-License-Identifier: MIT
// SIGCHLD at the end of a child: what it carries, and when it comes.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/signals.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/test_deadline.h"
#include "conformance/vocabulary/users.h"

namespace procmark::conformance {
namespace {

PROMISE(Sigchld, DescribesTheExit,
        {
            .says = "SIGCHLD has si_pid, si_uid, the si_code CLD_EXITED or CLD_KILLED, and the "
                    "exit code or the signal as si_status.",
            .item = "263",
            .authority = "sigaction(2); kernel/signal.c do_notify_parent()",
        }) {
  const BlockedSignal chld(SIGCHLD);
  ScopedChild exited = Fork([] { return 45; });
  const siginfo_t end = chld.Take();
  EXPECT_EQ(end.si_pid, exited.Number());
  EXPECT_EQ(end.si_uid, ::getuid());
  EXPECT_EQ(end.si_code, CLD_EXITED);
  EXPECT_EQ(end.si_status, 45);
  EXPECT_EQ(exited.Reap(), 45 << 8);
  const ScopedChild killed = Fork(PauseForever);
  ASSERT_SYSCALL_SUCCEEDS(killed.Signal(SIGTERM));
  const siginfo_t death = chld.Take();
  EXPECT_EQ(death.si_pid, killed.Number());
  EXPECT_EQ(death.si_code, CLD_KILLED);
  EXPECT_EQ(death.si_status, SIGTERM);
}

std::atomic<int> handled;
std::atomic<int> not_waitable;
void WaitInHandler(int) {
  int status = 0;
  if (::waitpid(-1, &status, WNOHANG) <= 0) not_waitable.fetch_add(1);
  handled.fetch_add(1);
}

PROMISE(Sigchld, ComesWhenTheChildIsWaitable,
        {
            .says = "waitpid(WNOHANG) in the handler of SIGCHLD finds the child.",
            .item = "266",
            .authority = "wait(2); kernel/exit.c exit_notify()",
            .kind = Kind::kLinux,
        }) {
  struct sigaction action {};
  action.sa_handler = WaitInHandler;
  ASSERT_SYSCALL_SUCCEEDS(::sigaction(SIGCHLD, &action, nullptr));
  const sigset_t set = SetOf({SIGCHLD});
  sigset_t before;
  ASSERT_SYSCALL_SUCCEEDS(::sigprocmask(SIG_BLOCK, &set, &before));
  for (int round = 1; round <= 50; ++round) {
    const ScopedChild child = Fork([] { return 0; });
    while (handled.load() < round)
      ::sigsuspend(&before);  // the only place where the handler may run
  }
  EXPECT_EQ(handled.load(), 50);
  EXPECT_EQ(not_waitable.load(), 0);
}

PROMISE(Sigchld, IsNotQueued,
        {
            .says = "Five children that end while SIGCHLD is blocked leave one pending SIGCHLD.",
            .item = "267",
            .authority = "signal(7) (standard signals do not queue)",
        }) {
  const BlockedSignal chld(SIGCHLD);
  for (int i = 0; i < 5; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(0);
    ASSERT_GT(pid, 0);
    EXPECT_SYSCALL_SUCCEEDS(WaitId(P_PID, pid, WEXITED | WNOWAIT));
  }
  EXPECT_TRUE(chld.Pending());
  EXPECT_EQ(chld.Take().si_code, CLD_EXITED);
  EXPECT_FALSE(chld.Pending()) << "one signal for five children";
  int reaped = 0;
  while (Wait4(-1, WNOHANG).pid > 0) ++reaped;
  EXPECT_EQ(reaped, 5);
}

PROMISE(Sigchld, CarriesTheUidAtTheEnd,
        {
            .says = "The si_uid of SIGCHLD is the real uid that the child has when it ends and not "
                    "its first one.",
            .item = "263 186",
            .authority = "sigaction(2); kernel/signal.c do_notify_parent()",
        }) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, so that the child can change its uid";
  const BlockedSignal chld(SIGCHLD);
  ScopedChild child = Fork([] { return ::setresuid(kOrdinaryUid, 0, 0) == 0 ? 0 : 1; });
  const siginfo_t info = chld.Take();
  EXPECT_EQ(info.si_pid, child.Number());
  EXPECT_EQ(info.si_uid, kOrdinaryUid);
  const WaitedId end = WaitId(P_PID, child.Number(), WEXITED);
  EXPECT_EQ(end.info.si_uid, kOrdinaryUid) << "the wait shows the same";
  EXPECT_EQ(end.info.si_status, 0);
}

PROMISE(Sigchld, IsWholeAtTheLimitOfPendingSignals,
        {
            .says = "A user who may have no pending signals (RLIMIT_SIGPENDING 0) still gets "
                    "SIGCHLD with the child's pid and status, although a real-time signal fails "
                    "with EAGAIN.",
            .item = "263",
            .authority = "getrlimit(2) RLIMIT_SIGPENDING, sigqueue(3); kernel/signal.c "
                         "__send_signal_locked() override_rlimit (lost until 6.1.117)",
        }) {
  const BlockedSignal chld(SIGCHLD);
  const BlockedSignal real_time(SIGRTMIN);
  const rlimit none{0, 0};
  ASSERT_SYSCALL_SUCCEEDS(::setrlimit(RLIMIT_SIGPENDING, &none));
  EXPECT_SYSCALL_FAILS(::sigqueue(::getpid(), SIGRTMIN, {}), EAGAIN);
  ScopedChild child = Fork([] { return 14; });
  const siginfo_t info = chld.Take();
  EXPECT_EQ(info.si_signo, SIGCHLD);
  EXPECT_EQ(info.si_code, CLD_EXITED);
  EXPECT_EQ(info.si_pid, child.Number());
  EXPECT_EQ(info.si_status, 14);
  EXPECT_EQ(child.Reap(), 14 << 8);
}

PROMISE(Sigchld, IsPendingWhenWaitReturns,
        {
            .says = "When a wait returns a child, its SIGCHLD is already pending if it is blocked, "
                    "and the wait does not remove it.",
            .item = "203",
            .authority = "kernel/exit.c exit_notify(); kernel/signal.c do_notify_parent()",
            .kind = Kind::kLinux,
        }) {
  const sigset_t set = SetOf({SIGCHLD});
  ASSERT_SYSCALL_SUCCEEDS(::sigprocmask(SIG_BLOCK, &set, nullptr));
  for (int round = 0; AnotherRound(round, 50); ++round) {
    sigset_t pending;
    ASSERT_SYSCALL_SUCCEEDS(::sigpending(&pending));
    ASSERT_EQ(::sigismember(&pending, SIGCHLD), 0) << "taken in the round before";
    ScopedChild child = Fork([] { return 0; });
    EXPECT_EQ(child.Reap(), 0);
    ASSERT_SYSCALL_SUCCEEDS(::sigpending(&pending));
    ASSERT_EQ(::sigismember(&pending, SIGCHLD), 1) << "round " << round;
    siginfo_t info{};
    ASSERT_EQ(::sigwaitinfo(&set, &info), SIGCHLD);
    EXPECT_EQ(info.si_pid, child.Number());
  }
}

}  // namespace
}  // namespace procmark::conformance
