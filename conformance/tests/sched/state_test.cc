// SPDX-License-Identifier: MIT
// The state letters of /proc/PID/stat in each stage of a task's life.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <string>

#include "conformance/vocabulary/children.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/signals.h"
#include "conformance/vocabulary/syscall_result.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

PROMISE(State, SpinningTaskIsR,
        {
            .says = "A task that never blocks reports R.",
            .item = "1",
            .authority = "proc_pid_stat(5); fs/proc/array.c task_state_array",
        }) {
  const Handshake spins;
  const ScopedChild child = Fork([&] {
    spins.Notify();
    while (true) {
    }
  });
  ASSERT_TRUE(spins.Await());
  EXPECT_TRUE(AwaitState(child.Number(), "R"));
  EXPECT_EQ(StatusLine(child.Number(), "State"), "R (running)");
}

PROMISE(State, PausedTaskIsS,
        {
            .says = "A task blocked in pause(2) reports S.",
            .item = "2",
            .authority = "proc_pid_stat(5); fs/proc/array.c get_task_state()",
        }) {
  const ScopedChild child = Fork(PauseForever);
  EXPECT_TRUE(AwaitState(child.Number(), "S"));
  EXPECT_EQ(StatusLine(child.Number(), "State"), "S (sleeping)");
}

PROMISE(State, WaitingParentIsS,
        {
            .says = "A parent blocked in wait4(2) reports S.",
            .item = "2",
            .authority = "proc_pid_stat(5); kernel/exit.c do_wait()",
        }) {
  const Handshake release;
  ScopedChild parent = Fork([&] {
    ScopedChild child = ForkUntil(release, 4);
    return child.Reap() >> 8;
  });
  EXPECT_TRUE(AwaitState(parent.Number(), "S"));
  release.Notify();
  EXPECT_EQ(parent.Reap(), 4 << 8);
}

// A parent that is blocked in vfork(2) by a child that waits for `release`.
struct Vforked {
  Shared<std::atomic<pid_t>> grandchild;
  Handshake blocked;  // the grandchild runs and its pid is known
  Handshake release;
};

// The body of the parent. Its value is the grandchild's raw status.
int VforkAndBlock(const Vforked& vforked) {
  const pid_t pid = ::vfork();
  if (pid < 0) return 1;
  if (pid == 0) {
    vforked.grandchild->store(static_cast<pid_t>(::syscall(SYS_getpid)));
    vforked.blocked.Notify();
    ::_exit(vforked.release.Await() ? 0 : 1);
  }
  return Wait4(pid, 0).status;
}

PROMISE(State, VforkParentIsD,
        {
            .says = "A parent in vfork(2) reports D until its child ends.",
            .item = "3",
            .authority = "kernel/fork.c wait_for_vfork_done()",
            .kind = Kind::kLinux,
        }) {
  const Vforked vforked;
  ScopedChild parent = Fork([&] { return VforkAndBlock(vforked); });
  ASSERT_TRUE(vforked.blocked.Await());
  EXPECT_TRUE(AwaitState(parent.Number(), "D"));
  vforked.release.Notify();
  EXPECT_EQ(parent.Reap(), 0) << "after the release the parent continues";
}

PROMISE(State, FatalSignalEndsVforkParent,
        {
            .says = "SIGTERM with its default action immediately ends a parent that is blocked in "
                    "vfork(2), while the child lives on.",
            .item = "4",
            .authority = "kernel/signal.c complete_signal(); kernel/fork.c wait_for_vfork_done()",
            .kind = Kind::kLinux,
        }) {
  const Vforked vforked;
  ScopedChild parent = Fork([&] { return VforkAndBlock(vforked); });
  ASSERT_TRUE(vforked.blocked.Await());
  ASSERT_TRUE(AwaitState(parent.Number(), "D"));
  ScopedProcess survivor = ScopedProcess::Open(vforked.grandchild->load());
  ASSERT_SYSCALL_SUCCEEDS(parent.Signal(SIGTERM));
  EXPECT_EQ(parent.Reap(), SIGTERM);
  EXPECT_FALSE(survivor.Ended());
  vforked.release.Notify();
  EXPECT_TRUE(survivor.AwaitEnd());
}

std::atomic<int> handled_signals;
void CountSignal(int) { handled_signals.fetch_add(1); }

PROMISE(State, HandledSignalDoesNotEndVforkSleep,
        {
            .says = "A signal with a handler does not wake a parent that is blocked in vfork(2), "
                    "and the handler runs when the parent is released.",
            .item = "4 91",
            .authority = "kernel/fork.c wait_for_vfork_done() (TASK_KILLABLE)",
            .kind = Kind::kLinux,
        }) {
  const Vforked vforked;
  ScopedChild parent = Fork([&] {
    struct sigaction action {};
    action.sa_handler = CountSignal;
    (void)::sigaction(SIGUSR1, &action, nullptr);
    const int status = VforkAndBlock(vforked);
    return status == 0 ? 10 + handled_signals.load() : 1;
  });
  ASSERT_TRUE(vforked.blocked.Await());
  ASSERT_TRUE(AwaitState(parent.Number(), "D"));
  ASSERT_SYSCALL_SUCCEEDS(parent.Signal(SIGUSR1));
  EXPECT_TRUE(AwaitState(parent.Number(), "D"));
  EXPECT_EQ(MaskOf(parent.Number(), "ShdPnd"), SignalBit(SIGUSR1));
  vforked.release.Notify();
  EXPECT_EQ(parent.Reap(), 11 << 8) << "exit status 10 + the number of handled signals";
}

PROMISE(State, StopIsTAndContinueEndsIt,
        {
            .says = "SIGSTOP puts a task into state T, and SIGCONT lets it sleep again.",
            .item = "5",
            .authority = "signal(7); kernel/signal.c do_signal_stop()",
        }) {
  const ScopedChild child = Fork(PauseForever);
  ASSERT_TRUE(AwaitState(child.Number(), "S"));
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGSTOP));
  const siginfo_t stop = child.AwaitStop();
  EXPECT_EQ(stop.si_code, CLD_STOPPED);
  EXPECT_EQ(stop.si_status, SIGSTOP);
  EXPECT_TRUE(AwaitState(child.Number(), "T"));
  EXPECT_EQ(StatusLine(child.Number(), "State"), "T (stopped)");
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGCONT));
  EXPECT_TRUE(AwaitState(child.Number(), "S"));
}

PROMISE(State, KillEndsStoppedTask,
        {
            .says = "SIGKILL ends a stopped task without SIGCONT, and the task is reported as "
                    "killed by signal 9.",
            .item = "7 272",
            .authority = "signal(7); kernel/signal.c prepare_signal()",
        }) {
  ScopedChild child = Fork(PauseForever);
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGSTOP));
  ASSERT_EQ(child.AwaitStop().si_code, CLD_STOPPED);
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGKILL));
  const siginfo_t end = child.AwaitZombie();
  EXPECT_EQ(end.si_code, CLD_KILLED);
  EXPECT_EQ(end.si_status, SIGKILL);
  EXPECT_EQ(child.Reap(), SIGKILL);
}

PROMISE(State, UnreapedChildIsZombieThenGone,
        {
            .says = "An ended child that has not been waited for reports Z, and after the wait its "
                    "/proc folder is gone and an already open descriptor of its stat file gives "
                    "ESRCH.",
            .item = "9 374",
            .authority = "proc(5); kernel/exit.c release_task(); fs/proc/base.c",
        }) {
  ScopedChild child = Fork([] { return 0; });
  const std::string path = ProcPath(child.Number(), "stat");
  (void)child.AwaitZombie();
  EXPECT_EQ(Stat(child.Number()).state, 'Z');
  EXPECT_EQ(StatusLine(child.Number(), "State"), "Z (zombie)");
  const sys::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(file.Valid());
  EXPECT_EQ(child.Reap(), 0);
  char byte = 0;
  EXPECT_SYSCALL_FAILS(::read(file.Get(), &byte, 1), ESRCH);
  EXPECT_SYSCALL_FAILS(::access(path.c_str(), F_OK), ENOENT);
}

}  // namespace
}  // namespace procmark::conformance
