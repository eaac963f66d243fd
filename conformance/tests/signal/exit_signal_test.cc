// The exit signal beyond SIGCHLD: other signals, none, deadly ones, and what changes it.
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <set>
#include <string>

#include "conformance/vocabulary/blocked_signal.h"
#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"

namespace procmark::conformance {
namespace {

CloneArguments WithExitSignal(int signal) {
  CloneArguments arguments;
  arguments.exit_signal = static_cast<uint64_t>(signal);
  return arguments;
}

PROMISE(
    Signal, NoExitSignalSendsNothing,
    {.says = "A child cloned with exit signal 0 sends its parent nothing at its end.",
     .item = "264",
     .authority = "clone(2) (The child termination signal); kernel/signal.c do_notify_parent()"}) {
  sigset_t all;
  ::sigfillset(&all);
  ASSERT_EQ(::sigprocmask(SIG_BLOCK, &all, nullptr), 0);
  ScopedChild silent = Clone(WithExitSignal(0), [] { return 41; });
  (void)silent.AwaitZombie();
  EXPECT_EQ(silent.Reap(), 41 << 8);
  EXPECT_EQ(StatusLine(::getpid(), "ShdPnd"), "0000000000000000");
  ScopedChild loud = Fork([] { return 42; });
  EXPECT_EQ(loud.Reap(), 42 << 8);
  EXPECT_NE(StatusLine(::getpid(), "ShdPnd"), "0000000000000000") << "the decoy: SIGCHLD";
}

PROMISE(
    Signal, RealTimeExitSignalsAreQueued,
    {.says = "Children whose exit signal is a real-time signal leave one queued signal each, "
             "with its child's pid and status.",
     .item = "264 267",
     .authority = "signal(7) (real-time signals are queued); kernel/signal.c do_notify_parent()"}) {
  const int signal = SIGRTMIN + 1;
  const BlockedSignal exits(signal);
  std::set<pid_t> expected;
  for (int i = 0; i < 5; ++i) {
    const pid_t pid = RawClone3(WithExitSignal(signal));
    if (pid == 0) ::_exit(50);
    ASSERT_GT(pid, 0);
    EXPECT_EQ(WaitId(P_PID, pid, WEXITED | WNOWAIT | __WALL).result, 0);
    expected.insert(pid);
  }
  std::set<pid_t> seen;
  while (exits.Pending()) {
    const siginfo_t info = exits.Take();
    EXPECT_EQ(info.si_code, CLD_EXITED);
    EXPECT_EQ(info.si_status, 50);
    seen.insert(info.si_pid);
  }
  EXPECT_EQ(seen, expected);
  for (const pid_t pid : expected) EXPECT_EQ(Wait4(pid, __WALL).pid, pid);
}

PROMISE(
    Signal, ExitSignalActsAsAnyOther,
    {.says = "An exit signal has its usual effect: SIGKILL or SIGTERM as exit signal of a "
             "child ends the parent.",
     .item = "264 129",
     .authority = "clone(2) (The child termination signal); kernel/signal.c do_notify_parent()"}) {
  for (const int signal : {SIGKILL, SIGTERM}) {
    ScopedChild parent = Fork([signal] {
      const pid_t pid = RawClone3(WithExitSignal(signal));
      if (pid == 0) ::_exit(0);
      PauseForever();
    });
    EXPECT_EQ(parent.Reap(), signal);
  }
}

PROMISE(Signal, IgnoredExitSignalDoesNotReap,
        {.says = "A child whose exit signal is an ignored signal other than SIGCHLD becomes a "
                 "zombie as usual.",
         .item = "226 264",
         .authority = "kernel/signal.c do_notify_parent()",
         .kind = Kind::kLinux}) {
  ASSERT_NE(::signal(SIGUSR1, SIG_IGN), SIG_ERR);
  ScopedChild child = Clone(WithExitSignal(SIGUSR1), [] { return 43; });
  EXPECT_EQ(child.AwaitZombie().si_status, 43);
  EXPECT_EQ(Stat(child.Number()).state, 'Z');
  EXPECT_EQ(child.Reap(), 43 << 8);
}

HELPER(ReapOtherwiseSignalled) {
  // The parent has execed since the clone. Only now may the child end.
  const pid_t child = std::stoi(arguments.at(0));
  const BlockedSignal chld(SIGCHLD);
  const BlockedSignal usr1(SIGUSR1);
  (void)!::write(std::stoi(arguments.at(1)), "!", 1);
  if (WaitId(P_PID, child, WEXITED | WNOWAIT | __WALL).result != 0) return 1;
  const bool reset = chld.Pending() && !usr1.Pending();
  const bool kept = usr1.Pending() && !chld.Pending();
  (void)Wait4(child, __WALL);
  return reset ? 44 : kept ? 45 : 2;
}

PROMISE(Signal, ExitSignalRevertsWhenTheParentExecs,
        {.says = "When the parent has execed since the clone, the child's end sends SIGCHLD, "
                 "whatever its exit signal was.",
         .item = "265",
         .authority = "kernel/exit.c exit_notify(), kernel/signal.c do_notify_parent() "
                      "(parent_exec_id)",
         .kind = Kind::kLinux}) {
  ScopedChild parent = Fork([] {
    const Handshake release;
    const BlockedSignal chld(SIGCHLD);
    const BlockedSignal usr1(SIGUSR1);
    const pid_t pid = RawClone3(WithExitSignal(SIGUSR1));
    if (pid == 0) ::_exit(release.Await() ? 0 : 1);
    (void)sys::SetCloseOnExec(release.WriteFd(), false);
    (void)ExecHelper("ReapOtherwiseSignalled",
                     {std::to_string(pid), std::to_string(release.WriteFd())});
    return 126;
  });
  EXPECT_EQ(parent.Reap(), 44 << 8) << "45: its own exit signal came";
}

PROMISE(Signal, ExitSignalRevertsWhenTheChildExecs,
        {.says = "execve makes a child's exit signal SIGCHLD.",
         .item = "265 172",
         .authority = "clone(2); fs/exec.c begin_new_exec()"}) {
  const BlockedSignal chld(SIGCHLD);
  const BlockedSignal usr1(SIGUSR1);
  ScopedChild plain = Clone(WithExitSignal(SIGUSR1), [] { return 0; });
  (void)plain.AwaitZombie();
  EXPECT_TRUE(usr1.Pending()) << "the decoy: no exec";
  EXPECT_FALSE(chld.Pending());
  EXPECT_EQ(usr1.Take().si_pid, plain.Number());
  EXPECT_EQ(plain.Reap(), 0);
  ScopedChild execed = Clone(WithExitSignal(SIGUSR1), [] {
    (void)ExecHelper("ExitFortySix", {});
    return 126;
  });
  (void)execed.AwaitZombie();
  EXPECT_TRUE(chld.Pending());
  EXPECT_FALSE(usr1.Pending());
  EXPECT_EQ(execed.Reap(), 46 << 8);
}

HELPER(ExitFortySix) { return 46; }

PROMISE(Signal, KillOfAStoppedChildSupersedesItsStop,
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

PROMISE(Signal, EachStopSignalIsTold,
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

PROMISE(Signal, ContinueIsReportedThoughTheHandlerIsAbsent,
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

PROMISE(Signal, ContinueOfARunningChildIsNotReported,
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

PROMISE(Signal, SigchldCarriesTheUidAtTheEnd,
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

PROMISE(Signal, ChildSignalIsWholeAtTheLimitOfPendingOnes,
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

}  // namespace
}  // namespace procmark::conformance
