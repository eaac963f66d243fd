// SIGCHLD at the end of a child: what it carries, and when it comes.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>

#include "conformance/vocabulary/blocked_signal.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/test_deadline.h"

namespace procmark::conformance {
namespace {

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
    Sigchld, DescribesTheExit,
    {.says =
         "SIGCHLD carries si_pid, si_uid, si_code CLD_EXITED or CLD_KILLED, and as si_status the "
         "exit code or the signal.",
     .item = "263",
     .authority = "sigaction(2); kernel/signal.c do_notify_parent()"}) {
  Block(SIGCHLD);
  ScopedChild exited = Fork([] { return 45; });
  const siginfo_t end = Take(SIGCHLD);
  EXPECT_EQ(end.si_pid, exited.Number());
  EXPECT_EQ(end.si_uid, ::getuid());
  EXPECT_EQ(end.si_code, CLD_EXITED);
  EXPECT_EQ(end.si_status, 45);
  EXPECT_EQ(exited.Reap(), 45 << 8);
  const ScopedChild killed = Fork(PauseForever);
  ASSERT_TRUE(killed.Signal(SIGTERM).Ok());
  const siginfo_t death = Take(SIGCHLD);
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
        {.says = "When SIGCHLD's handler runs, waitpid(WNOHANG) finds the child.",
         .item = "266",
         .authority = "wait(2); kernel/exit.c exit_notify()",
         .kind = Kind::kLinux}) {
  struct sigaction action {};
  action.sa_handler = WaitInHandler;
  ASSERT_EQ(::sigaction(SIGCHLD, &action, nullptr), 0);
  const sigset_t set = SetOf(SIGCHLD);
  sigset_t before;
  ASSERT_EQ(::sigprocmask(SIG_BLOCK, &set, &before), 0);
  for (int round = 1; round <= 50; ++round) {
    const ScopedChild child = Fork([] { return 0; });
    while (handled.load() < round) ::sigsuspend(&before);  // the only place where it may run
  }
  EXPECT_EQ(handled.load(), 50);
  EXPECT_EQ(not_waitable.load(), 0);
}

bool IsPending(int signal) {
  sigset_t pending;
  ::sigemptyset(&pending);
  EXPECT_EQ(::sigpending(&pending), 0);
  return ::sigismember(&pending, signal) == 1;
}

PROMISE(Sigchld, IsNotQueued,
        {.says = "Five children that end while SIGCHLD is blocked leave one pending SIGCHLD.",
         .item = "267",
         .authority = "signal(7) (standard signals do not queue)"}) {
  Block(SIGCHLD);
  for (int i = 0; i < 5; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(0);
    ASSERT_GT(pid, 0);
    EXPECT_EQ(WaitId(P_PID, pid, WEXITED | WNOWAIT).result, 0);
  }
  EXPECT_TRUE(IsPending(SIGCHLD));
  EXPECT_EQ(Take(SIGCHLD).si_code, CLD_EXITED);
  EXPECT_FALSE(IsPending(SIGCHLD)) << "one signal for five";
  int reaped = 0;
  while (Wait4(-1, WNOHANG).pid > 0) ++reaped;
  EXPECT_EQ(reaped, 5);
}

PROMISE(Sigchld, CarriesTheUidAtTheEnd,
        {.says = "SIGCHLD's si_uid is the real uid that the child has when it ends, not the one "
                 "it was born with.",
         .item = "263 186",
         .authority = "sigaction(2); kernel/signal.c do_notify_parent()"}) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to let the child change its uid";
  const BlockedSignal chld(SIGCHLD);
  ScopedChild child = Fork([] { return ::setresuid(54321, 0, 0) == 0 ? 0 : 1; });
  const siginfo_t info = chld.Take();
  EXPECT_EQ(info.si_pid, child.Number());
  EXPECT_EQ(info.si_uid, 54321U);
  const WaitedId end = WaitId(P_PID, child.Number(), WEXITED);
  EXPECT_EQ(end.info.si_uid, 54321U) << "the wait says the same";
  EXPECT_EQ(end.info.si_status, 0);
}

PROMISE(Sigchld, IsWholeAtTheLimitOfPendingSignals,
        {.says = "A user who may have no pending signal (RLIMIT_SIGPENDING 0) still gets SIGCHLD "
                 "with the child's pid and status; a real-time signal is refused: EAGAIN.",
         .item = "263",
         .authority = "getrlimit(2) RLIMIT_SIGPENDING, sigqueue(3); kernel/signal.c "
                      "__send_signal_locked() override_rlimit (lost until 6.1.117)"}) {
  const BlockedSignal chld(SIGCHLD);
  const BlockedSignal real_time(SIGRTMIN);
  const rlimit none{0, 0};
  ASSERT_EQ(::setrlimit(RLIMIT_SIGPENDING, &none), 0);
  EXPECT_EQ(::sigqueue(::getpid(), SIGRTMIN, {}), -1);
  EXPECT_EQ(errno, EAGAIN);
  ScopedChild child = Fork([] { return 14; });
  const siginfo_t info = chld.Take();
  EXPECT_EQ(info.si_signo, SIGCHLD);
  EXPECT_EQ(info.si_code, CLD_EXITED);
  EXPECT_EQ(info.si_pid, child.Number());
  EXPECT_EQ(info.si_status, 14);
  EXPECT_EQ(child.Reap(), 14 << 8);
}

PROMISE(
    Sigchld, IsPendingWhenWaitReturns,
    {.says = "When wait returns a child, its SIGCHLD was generated: it is pending if blocked, and "
             "the wait does not take it away.",
     .item = "203",
     .authority = "kernel/exit.c exit_notify(); kernel/signal.c do_notify_parent()",
     .kind = Kind::kLinux}) {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGCHLD);
  ASSERT_EQ(::sigprocmask(SIG_BLOCK, &set, nullptr), 0);
  for (int round = 0; AnotherRound(round, 50); ++round) {
    sigset_t pending;
    ASSERT_EQ(::sigpending(&pending), 0);
    ASSERT_EQ(::sigismember(&pending, SIGCHLD), 0) << "taken by the round before";
    ScopedChild child = Fork([] { return 0; });
    EXPECT_EQ(child.Reap(), 0);
    ASSERT_EQ(::sigpending(&pending), 0);
    ASSERT_EQ(::sigismember(&pending, SIGCHLD), 1) << "round " << round;
    siginfo_t info{};
    ASSERT_EQ(::sigwaitinfo(&set, &info), SIGCHLD);
    EXPECT_EQ(info.si_pid, child.Number());
  }
}

}  // namespace
}  // namespace procmark::conformance
