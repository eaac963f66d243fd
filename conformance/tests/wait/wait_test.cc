// The wait family: raw statuses, options, filters, and what a wait consumes.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>

#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/test_deadline.h"

namespace procmark::conformance {
namespace {

PROMISE(Wait, RawStatusOfEveryExitCode,
        {.says = "The raw status of _exit(n) is (n & 0377) << 8 with no other bit, for each of the "
                 "256 values, and only the low 8 bits of n count.",
         .item = "176",
         .authority = "wait(2), exit(2); kernel/exit.c do_exit()"}) {
  for (int code = 0; code < 256; ++code) {
    ScopedChild child = Fork([code] { return code + 256 * (code % 3); });
    const siginfo_t end = child.AwaitZombie();
    EXPECT_EQ(end.si_status, code);
    const Waited waited = Wait4(child.Number(), 0);
    EXPECT_EQ(waited.pid, child.Number());
    EXPECT_EQ(waited.status, code << 8);
  }
}

PROMISE(Wait, RawStatusOfSignalDeath,
        {.says = "The raw status of a death by a signal that dumps no core is the signal's number.",
         .item = "177 186",
         .authority = "wait(2), signal(7)"}) {
  for (const int signal : {SIGHUP, SIGINT, SIGKILL, SIGUSR1, SIGPIPE, SIGALRM, SIGTERM, SIGRTMAX}) {
    ScopedChild child = Fork(PauseForever);
    ASSERT_TRUE(child.Signal(signal).Ok());
    const siginfo_t end = child.AwaitZombie();
    EXPECT_EQ(end.si_code, CLD_KILLED);
    EXPECT_EQ(end.si_status, signal);
    EXPECT_EQ(child.Reap(), signal);
  }
}

PROMISE(
    Wait, NoCoreMeansNoCoreFlag,
    {.says = "A process that is not dumpable writes no core: SIGABRT is CLD_KILLED, without 0x80.",
     .item = "187",
     .authority = "core(5), wait(2); fs/coredump.c do_coredump()"}) {
  ScopedChild child = Fork([] {
    // The limit alone does not hold for a core_pattern that is a pipe (core(5)).
    const rlimit none{0, 0};
    (void)::setrlimit(RLIMIT_CORE, &none);
    (void)::prctl(PR_SET_DUMPABLE, 0);
    ::kill(::getpid(), SIGABRT);
  });
  EXPECT_EQ(child.AwaitZombie().si_code, CLD_KILLED);
  EXPECT_EQ(child.Reap(), SIGABRT);
}

PROMISE(Wait, RawStatusOfStopAndContinue,
        {.says = "A stop is (signal << 8) | 0x7f, a continue is 0xffff, and each is reported once.",
         .item = "177 188",
         .authority = "wait(2); kernel/exit.c wait_task_stopped(), wait_task_continued()"}) {
  const ScopedChild child = Fork(PauseForever);
  ASSERT_TRUE(child.Signal(SIGSTOP).Ok());
  EXPECT_EQ(Wait4(child.Number(), WUNTRACED).status, (SIGSTOP << 8) | 0x7f);
  EXPECT_EQ(Wait4(child.Number(), WUNTRACED | WNOHANG).pid, 0) << "a stop is reported once";
  ASSERT_TRUE(child.Signal(SIGCONT).Ok());
  EXPECT_EQ(Wait4(child.Number(), WCONTINUED).status, 0xffff);
  EXPECT_EQ(Wait4(child.Number(), WCONTINUED | WNOHANG).pid, 0) << "a continue is reported once";
}

PROMISE(Wait, NoChildrenIsEchild,
        {.says = "Without children wait4 and waitid give ECHILD, with and without WNOHANG.",
         .item = "178",
         .authority = "wait(2)"}) {
  EXPECT_EQ(Wait4(-1, 0).error, ECHILD);
  EXPECT_EQ(Wait4(-1, WNOHANG).error, ECHILD);
  EXPECT_EQ(WaitId(P_ALL, 0, WEXITED).error, ECHILD);
  EXPECT_EQ(WaitId(P_ALL, 0, WEXITED | WNOHANG).error, ECHILD);
  EXPECT_EQ(Wait4(::getpid(), WNOHANG).error, ECHILD) << "nobody is a child of itself";
}

PROMISE(
    Wait, NohangOnLiveChildTouchesNothing,
    {.says = "wait4(WNOHANG) with only live children returns 0 and leaves the status word alone.",
     .item = "179",
     .authority = "wait(2); kernel/exit.c kernel_wait4()"}) {
  const ScopedChild child = Fork(PauseForever);
  const Waited waited = Wait4(-1, WNOHANG);
  EXPECT_EQ(waited.pid, 0);
  EXPECT_EQ(waited.status, kUntouched);
}

PROMISE(Wait, WaitidNohangOnLiveChildZeroesInfo,
        {.says = "waitid(WNOHANG) with nothing to report returns 0 with si_pid and si_signo zero.",
         .item = "180",
         .authority = "waitid(2)"}) {
  const ScopedChild child = Fork(PauseForever);
  const WaitedId waited = WaitId(P_ALL, 0, WEXITED | WNOHANG);
  EXPECT_EQ(waited.result, 0);
  EXPECT_EQ(waited.info.si_pid, 0);
  EXPECT_EQ(waited.info.si_signo, 0);
}

PROMISE(
    Wait, OptionsAreValidated,
    {.says = "waitid without WEXITED, WSTOPPED or WCONTINUED is EINVAL, as are unknown bits; "
             "wait4 refuses WEXITED and WNOWAIT, and accepts its own six flags.",
     .item = "181",
     .authority = "waitid(2), wait4(2); kernel/exit.c kernel_waitid_prepare(), kernel_wait4()"}) {
  ScopedChild child = Fork([] { return 0; });
  (void)child.AwaitZombie();
  EXPECT_EQ(WaitId(P_ALL, 0, 0).error, EINVAL);
  EXPECT_EQ(WaitId(P_ALL, 0, WNOHANG).error, EINVAL);
  EXPECT_EQ(WaitId(P_ALL, 0, WEXITED | 0x100).error, EINVAL);
  EXPECT_EQ(Wait4(-1, WEXITED).error, EINVAL);
  EXPECT_EQ(Wait4(-1, WNOWAIT).error, EINVAL);
  EXPECT_EQ(Wait4(-1, 0x100).error, EINVAL);
  const Waited waited = Wait4(-1, WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WALL);
  EXPECT_EQ(waited.pid, child.Number()) << "the zombie was there all the time";
}

PROMISE(Wait, IdsAreValidated,
        {.says = "waitid refuses P_PID <= 0, P_PGID < 0, P_PIDFD < 0 and unknown id types with "
                 "EINVAL, though a child is ready.",
         .item = "182",
         .authority = "waitid(2); kernel/exit.c kernel_waitid_prepare()",
         .since = "5.4"}) {
  const ScopedChild child = Fork([] { return 0; });
  (void)child.AwaitZombie();
  EXPECT_EQ(WaitId(P_PID, 0, WEXITED | WNOHANG).error, EINVAL);
  EXPECT_EQ(WaitId(P_PID, -1, WEXITED | WNOHANG).error, EINVAL);
  EXPECT_EQ(WaitId(P_PGID, -1, WEXITED | WNOHANG).error, EINVAL);
  EXPECT_EQ(WaitId(P_PIDFD, -1, WEXITED | WNOHANG).error, EINVAL);
  EXPECT_EQ(WaitId(4, 1, WEXITED | WNOHANG).error, EINVAL);
  EXPECT_EQ(WaitId(P_PID, child.Number(), WEXITED | WNOWAIT).info.si_pid, child.Number());
}

PROMISE(Wait, IntMinIsEsrch,
        {.says = "wait4(INT_MIN) gives ESRCH: no process group can be its negation.",
         .item = "183",
         .authority = "kernel/exit.c kernel_wait4(); commit dd83c161fbcc",
         .since = "4.13",
         .kind = Kind::kLinux}) {
  const ScopedChild child = Fork([] { return 0; });
  (void)child.AwaitZombie();
  EXPECT_EQ(Wait4(INT_MIN, WNOHANG).error, ESRCH);
  EXPECT_EQ(Wait4(INT_MIN + 1, WNOHANG).error, ECHILD) << "the neighbour is a mere empty group";
}

PROMISE(
    Wait, NowaitLeavesTheChild,
    {.says = "WNOWAIT reports a zombie any number of times; the next plain wait consumes it, the "
             "one after is ECHILD.",
     .item = "184",
     .authority = "waitid(2); kernel/exit.c wait_task_zombie()"}) {
  const ScopedChild child = Fork([] { return 42; });
  for (int round = 0; round < 3; ++round) {
    const WaitedId waited = WaitId(P_PID, child.Number(), WEXITED | WNOWAIT);
    EXPECT_EQ(waited.result, 0);
    EXPECT_EQ(waited.info.si_pid, child.Number());
    EXPECT_EQ(waited.info.si_status, 42);
  }
  EXPECT_EQ(WaitId(P_PID, child.Number(), WEXITED).info.si_status, 42);
  EXPECT_EQ(WaitId(P_PID, child.Number(), WEXITED).error, ECHILD);
}

PROMISE(Wait, NowaitLeavesStopAndContinue,
        {.says = "WNOWAIT consumes neither the report of a stop nor that of a continue.",
         .item = "185",
         .authority = "waitid(2); kernel/exit.c wait_task_stopped(), wait_task_continued()"}) {
  const ScopedChild child = Fork(PauseForever);
  ASSERT_TRUE(child.Signal(SIGSTOP).Ok());
  for (const int extra : {WNOWAIT, WNOWAIT, 0}) {
    const WaitedId waited = WaitId(P_PID, child.Number(), WSTOPPED | extra);
    EXPECT_EQ(waited.info.si_code, CLD_STOPPED);
    EXPECT_EQ(waited.info.si_status, SIGSTOP);
  }
  EXPECT_EQ(WaitId(P_PID, child.Number(), WSTOPPED | WNOHANG).info.si_pid, 0);
  ASSERT_TRUE(child.Signal(SIGCONT).Ok());
  for (const int extra : {WNOWAIT, WNOWAIT, 0}) {
    const WaitedId waited = WaitId(P_PID, child.Number(), WCONTINUED | extra);
    EXPECT_EQ(waited.info.si_code, CLD_CONTINUED);
    EXPECT_EQ(waited.info.si_status, SIGCONT);
  }
  EXPECT_EQ(WaitId(P_PID, child.Number(), WCONTINUED | WNOHANG).info.si_pid, 0);
}

PROMISE(
    Wait, SiginfoIsWhole,
    {.says = "waitid fills si_signo SIGCHLD, si_pid, si_uid (the child's real uid), si_code and "
             "si_status.",
     .item = "186",
     .authority = "waitid(2); kernel/exit.c wait_task_zombie()"}) {
  ScopedChild child = Fork([] { return 5; });
  const WaitedId waited = WaitId(P_PID, child.Number(), WEXITED);
  EXPECT_EQ(waited.result, 0);
  EXPECT_EQ(waited.info.si_signo, SIGCHLD);
  EXPECT_EQ(waited.info.si_pid, child.Number());
  EXPECT_EQ(waited.info.si_uid, ::getuid());
  EXPECT_EQ(waited.info.si_code, CLD_EXITED);
  EXPECT_EQ(waited.info.si_status, 5);
}

// A zombie child that leads a process group of its own.
ScopedChild ZombieInOwnGroup(int status) {
  ScopedChild child = Fork([status] {
    (void)::setpgid(0, 0);
    return status;
  });
  (void)child.AwaitZombie();
  return child;
}

PROMISE(Wait, GroupFiltersRefuseEarlierZombies,
        {.says = "wait4(-pgid) and waitid(P_PGID) return only children of that group, although an "
                 "earlier zombie of another group is there.",
         .item = "189 190",
         .authority = "wait4(2), waitid(2); kernel/exit.c eligible_pid()"}) {
  const ScopedChild decoy = ZombieInOwnGroup(1);
  const ScopedChild first = ZombieInOwnGroup(2);
  const ScopedChild second = ZombieInOwnGroup(3);
  EXPECT_EQ(Wait4(-second.Number(), 0).pid, second.Number());
  EXPECT_EQ(Wait4(-second.Number(), 0).error, ECHILD) << "that group has no more children";
  EXPECT_EQ(WaitId(P_PGID, first.Number(), WEXITED).info.si_pid, first.Number());
  EXPECT_EQ(WaitId(P_PGID, first.Number(), WEXITED).error, ECHILD);
  EXPECT_EQ(Wait4(-1, 0).pid, decoy.Number()) << "the decoy was left alone";
}

PROMISE(Wait, PidZeroMeansOwnGroup,
        {.says = "wait4(0) and waitid(P_PGID, 0) return only children of the caller's group.",
         .item = "189 190 191",
         .authority = "wait4(2), waitid(2); kernel/exit.c",
         .since = "5.4"}) {
  const ScopedChild decoy = ZombieInOwnGroup(1);
  ScopedChild first = Fork([] { return 2; });
  (void)first.AwaitZombie();
  EXPECT_EQ(WaitId(P_PGID, 0, WEXITED).info.si_pid, first.Number());
  EXPECT_EQ(WaitId(P_PGID, 0, WEXITED).error, ECHILD);
  ScopedChild second = Fork([] { return 3; });
  (void)second.AwaitZombie();
  EXPECT_EQ(Wait4(0, 0).pid, second.Number());
  EXPECT_EQ(Wait4(0, 0).error, ECHILD);
  EXPECT_EQ(Wait4(-1, WNOHANG).pid, decoy.Number()) << "the decoy was left alone";
}

PROMISE(Wait, CloneFlagsChooseByExitSignal,
        {.says = "A plain wait sees only children whose exit signal is SIGCHLD, __WCLONE only the "
                 "others, __WALL both.",
         .item = "192",
         .authority = "wait4(2); kernel/exit.c eligible_child()"}) {
  CloneArguments silent;  // exit signal 0
  CloneArguments loud;
  loud.exit_signal = SIGUSR1;
  (void)::signal(SIGUSR1, SIG_IGN);
  const ScopedChild none = Clone(silent, [] { return 1; });
  const ScopedChild usr1 = Clone(loud, [] { return 2; });
  (void)none.AwaitZombie();
  (void)usr1.AwaitZombie();
  EXPECT_EQ(Wait4(-1, WNOHANG).error, ECHILD) << "no child of the plain kind";
  const ScopedChild plain = Fork([] { return 3; });
  (void)plain.AwaitZombie();
  EXPECT_EQ(Wait4(none.Number(), static_cast<int>(__WCLONE)).pid, none.Number());
  EXPECT_EQ(Wait4(plain.Number(), static_cast<int>(__WCLONE)).error, ECHILD);
  EXPECT_EQ(Wait4(-1, 0).pid, plain.Number());
  EXPECT_EQ(Wait4(-1, 0).error, ECHILD);
  EXPECT_EQ(Wait4(-1, __WALL).pid, usr1.Number());
}

PROMISE(Wait, StoppedOnlyRefusesZombie,
        {.says = "waitid(WSTOPPED) on a zombie gives ECHILD and does not consume it.",
         .item = "194",
         .authority = "waitid(2); kernel/exit.c wait_consider_task()",
         .kind = Kind::kLinux}) {
  ScopedChild child = Fork([] { return 6; });
  (void)child.AwaitZombie();
  EXPECT_EQ(WaitId(P_PID, child.Number(), WSTOPPED).error, ECHILD);
  EXPECT_EQ(WaitId(P_PID, child.Number(), WCONTINUED).error, ECHILD);
  EXPECT_EQ(child.Reap(), 6 << 8);
}

void DoNothing(int) {}

// Forks a child that waits until its parent sleeps in its wait, signals it, and ends on release.
ScopedChild ForkDisturber(const Handshake& end) {
  return Fork([&end] {
    const pid_t parent = ::getppid();
    if (!AwaitState(parent, "S")) return 1;
    if (!SignalProcess(parent, SIGUSR1)) return 1;
    return end.Await() ? 0 : 1;
  });
}

PROMISE(
    Wait, HandlerInterruptsWithoutRestart,
    {.says = "A handler without SA_RESTART makes a blocked wait return EINTR; the child is kept.",
     .item = "195",
     .authority = "signal(7), wait(2)"}) {
  struct sigaction action {};
  action.sa_handler = DoNothing;
  ASSERT_EQ(::sigaction(SIGUSR1, &action, nullptr), 0);
  const Handshake end;
  ScopedChild child = ForkDisturber(end);
  EXPECT_EQ(Wait4(child.Number(), 0).error, EINTR);
  end.Notify();
  EXPECT_EQ(child.Reap(), 0);
}

const Handshake* restart_end = nullptr;
void LetChildEnd(int) { restart_end->Notify(); }

PROMISE(
    Wait, HandlerWithRestartGoesOnWaiting,
    {.says = "A handler with SA_RESTART runs, and the blocked wait goes on and returns the child.",
     .item = "196",
     .authority = "signal(7), wait(2)"}) {
  const Handshake end;
  restart_end = &end;
  struct sigaction action {};
  action.sa_handler = LetChildEnd;  // the child can end only after the handler ran
  action.sa_flags = SA_RESTART;
  ASSERT_EQ(::sigaction(SIGUSR1, &action, nullptr), 0);
  const ScopedChild child = ForkDisturber(end);
  const Waited waited = Wait4(child.Number(), 0);
  EXPECT_EQ(waited.pid, child.Number());
  EXPECT_EQ(waited.status, 0);
}

PROMISE(Wait, BadStatusPointerStillReaps,
        {.says = "wait4 with a bad status pointer gives EFAULT, yet the child is reaped.",
         .item = "197",
         .authority = "kernel/exit.c kernel_wait4() (put_user after the reap)",
         .kind = Kind::kLinux}) {
  const ScopedChild child = Fork([] { return 0; });
  (void)child.AwaitZombie();
  EXPECT_EQ(::syscall(SYS_wait4, child.Number(), 1UL, 0, nullptr), -1);
  EXPECT_EQ(errno, EFAULT);
  EXPECT_EQ(Wait4(child.Number(), WNOHANG).error, ECHILD);
}

PROMISE(
    Wait, SigchldIsPendingWhenWaitReturns,
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
