// Signals at creation and exit: what a parent is told, and when.
#include <poll.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
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

bool IsPending(int signal) {
  sigset_t pending;
  ::sigemptyset(&pending);
  EXPECT_EQ(::sigpending(&pending), 0);
  return ::sigismember(&pending, signal) == 1;
}

PROMISE(
    Signal, SigchldDescribesTheExit,
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

PROMISE(
    Signal, ExitSignalIsTheOneAskedFor,
    {.says =
         "A child cloned with another exit signal sends that one, with CLD_EXITED, and no SIGCHLD.",
     .item = "264",
     .authority = "clone(2) (The child termination signal); kernel/signal.c do_notify_parent()"}) {
  Block(SIGCHLD);
  Block(SIGUSR1);
  CloneArguments arguments;
  arguments.exit_signal = SIGUSR1;
  ScopedChild child = Clone(arguments, [] { return 46; });
  const siginfo_t info = Take(SIGUSR1);
  EXPECT_EQ(info.si_signo, SIGUSR1);
  EXPECT_EQ(info.si_pid, child.Number());
  EXPECT_EQ(info.si_code, CLD_EXITED);
  EXPECT_EQ(info.si_status, 46);
  EXPECT_FALSE(IsPending(SIGCHLD));
  EXPECT_EQ(child.Reap(), 46 << 8);
}

std::atomic<int> handled;
std::atomic<int> not_waitable;
void WaitInHandler(int) {
  int status = 0;
  if (::waitpid(-1, &status, WNOHANG) <= 0) not_waitable.fetch_add(1);
  handled.fetch_add(1);
}

PROMISE(Signal, SigchldComesWhenTheChildIsWaitable,
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

PROMISE(Signal, SigchldIsNotQueued,
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

PROMISE(
    Signal, StopAndContinueAreTold,
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

void DoNothing(int) {}

PROMISE(
    Signal, NoCldStopSilencesStopsOnly,
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
    Signal, ContinueDiscardsPendingStops,
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

std::atomic<int> alarms;
void CountAlarm(int) { alarms.fetch_add(1); }

PROMISE(
    Signal, ForkNeverReturnsEintr,
    {.says = "fork never fails with EINTR, though a timer's handler interrupts it again and again.",
     .item = "271",
     .authority = "kernel/fork.c copy_process() (ERESTARTNOINTR)",
     .kind = Kind::kLinux}) {
  struct sigaction action {};
  action.sa_handler = CountAlarm;  // no SA_RESTART
  ASSERT_EQ(::sigaction(SIGALRM, &action, nullptr), 0);
  const itimerval storm{{0, 1000}, {0, 1000}};
  ASSERT_EQ(::setitimer(ITIMER_REAL, &storm, nullptr), 0);
  int failed = 0;
  for (int round = 0; round < 200 || (alarms.load() < 20 && !TestDeadline().Expired()); ++round) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(0);
    if (pid < 0) {
      ++failed;
      continue;
    }
    while (Wait4(pid, 0).error == EINTR) {
    }
  }
  const itimerval off{};
  ASSERT_EQ(::setitimer(ITIMER_REAL, &off, nullptr), 0);
  EXPECT_EQ(failed, 0);
  EXPECT_GE(alarms.load(), 20) << "the storm must have blown";
}

// A process that forks without pause; all of it is in one process group of its own.
int ForkForEver() {
  (void)::signal(SIGCHLD, SIG_IGN);
  while (true) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      if (::fork() == 0) ::_exit(0);
      ::_exit(0);
    }
  }
}

PROMISE(Signal, KillOfAForkingGroupLeavesNoSurvivor,
        {.says = "SIGKILL to a process group kills it all, though its members fork without pause.",
         .item = "270",
         .authority = "kernel/fork.c copy_process() (fatal_signal_pending under the lock)",
         .kind = Kind::kLinux,
         .tags = "race"}) {
  for (int round = 0; AnotherRound(round, 100); ++round) {
    const Handshake runs;
    ScopedChild leader = Fork([&] {
      (void)::setpgid(0, 0);
      for (int i = 0; i < 3; ++i) {
        if (::fork() == 0) return ForkForEver();
      }
      runs.Notify();
      return ForkForEver();
    });
    ASSERT_TRUE(runs.Await());
    const pid_t group = leader.Number();
    ASSERT_GT(group, 1);
    ASSERT_EQ(::getpgid(group), group);
    EXPECT_EQ(::kill(-group, SIGKILL), 0);
    EXPECT_EQ(leader.Reap(), SIGKILL);
    // Dying members may be there for a moment; a survivor would be there for ever.
    while (::kill(-group, 0) == 0) {
      ASSERT_FALSE(TestDeadline().Expired()) << "a member survived in round " << round;
      (void)::sched_yield();
    }
  }
}

}  // namespace
}  // namespace procmark::conformance
