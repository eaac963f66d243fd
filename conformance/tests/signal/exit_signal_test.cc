// SPDX-License-Identifier: MIT
// The exit signal of a child: the requested one, none, deadly ones, and what changes it.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <set>
#include <string>

#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/signals.h"
#include "conformance/vocabulary/syscall_result.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

PROMISE(ExitSignal, IsTheOneAskedFor,
        {
            .says = "A child cloned with another exit signal sends that signal with CLD_EXITED, "
                    "and no SIGCHLD.",
            .item = "264",
            .authority = "clone(2) (The child termination signal); kernel/signal.c "
                         "do_notify_parent()",
        }) {
  const BlockedSignal chld(SIGCHLD);
  const BlockedSignal usr1(SIGUSR1);
  ScopedChild child = Clone({.exit_signal = SIGUSR1}, [] { return 46; });
  const siginfo_t info = usr1.Take();
  EXPECT_EQ(info.si_signo, SIGUSR1);
  EXPECT_EQ(info.si_pid, child.Number());
  EXPECT_EQ(info.si_code, CLD_EXITED);
  EXPECT_EQ(info.si_status, 46);
  EXPECT_FALSE(chld.Pending());
  EXPECT_EQ(child.Reap(), 46 << 8);
}

CloneArguments WithExitSignal(int signal) {
  const CloneArguments arguments{.exit_signal = static_cast<uint64_t>(signal)};
  return arguments;
}

PROMISE(ExitSignal, ZeroSendsNothing,
        {
            .says = "A child cloned with exit signal 0 sends its parent no signal when it ends.",
            .item = "264",
            .authority = "clone(2) (The child termination signal); kernel/signal.c "
                         "do_notify_parent()",
        }) {
  sigset_t all;
  ::sigfillset(&all);
  ASSERT_SYSCALL_SUCCEEDS(::sigprocmask(SIG_BLOCK, &all, nullptr));
  ScopedChild silent = Clone(WithExitSignal(0), [] { return 41; });
  (void)silent.AwaitZombie();
  EXPECT_EQ(silent.Reap(), 41 << 8);
  EXPECT_EQ(MaskOf(::getpid(), "ShdPnd"), 0U);
  ScopedChild loud = Fork([] { return 42; });
  EXPECT_EQ(loud.Reap(), 42 << 8);
  EXPECT_NE(MaskOf(::getpid(), "ShdPnd"), 0U) << "the control: SIGCHLD";
}

PROMISE(ExitSignal, RealTimeSignalsAreQueued,
        {
            .says = "Each child whose exit signal is a real-time signal queues one signal with its "
                    "pid and status.",
            .item = "264 267",
            .authority = "signal(7) (real-time signals are queued); kernel/signal.c "
                         "do_notify_parent()",
        }) {
  const int signal = SIGRTMIN + 1;
  const BlockedSignal exits(signal);
  std::set<pid_t> expected;
  for (int i = 0; i < 5; ++i) {
    const pid_t pid = RawClone3(WithExitSignal(signal));
    if (pid == 0) ::_exit(50);
    ASSERT_GT(pid, 0);
    EXPECT_SYSCALL_SUCCEEDS(WaitId(P_PID, pid, WEXITED | WNOWAIT | __WALL));
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

PROMISE(ExitSignal, ActsAsAnyOtherSignal,
        {
            .says = "An exit signal has its usual effect: SIGKILL or SIGTERM as exit signal of a "
                    "child ends the parent.",
            .item = "264 129",
            .authority = "clone(2) (The child termination signal); kernel/signal.c "
                         "do_notify_parent()",
        }) {
  for (const int signal : {SIGKILL, SIGTERM}) {
    ScopedChild parent = Fork([signal] {
      const pid_t pid = RawClone3(WithExitSignal(signal));
      if (pid == 0) ::_exit(0);
      PauseForever();
    });
    EXPECT_EQ(parent.Reap(), signal);
  }
}

PROMISE(ExitSignal, IgnoredSignalDoesNotReap,
        {
            .says = "A child whose exit signal is an ignored signal other than SIGCHLD becomes a "
                    "zombie as usual.",
            .item = "226 264",
            .authority = "kernel/signal.c do_notify_parent()",
            .kind = Kind::kLinux,
        }) {
  ASSERT_NE(::signal(SIGUSR1, SIG_IGN), SIG_ERR);
  ScopedChild child = Clone(WithExitSignal(SIGUSR1), [] { return 43; });
  EXPECT_EQ(child.AwaitZombie().si_status, 43);
  EXPECT_EQ(Stat(child.Number()).state, 'Z');
  EXPECT_EQ(child.Reap(), 43 << 8);
}

HELPER(ReapOtherwiseSignalled) {
  // The parent has execed since the clone. Only now may the child end.
  const pid_t child = NumberAt(arguments, 0);
  const BlockedSignal chld(SIGCHLD);
  const BlockedSignal usr1(SIGUSR1);
  (void)!::write(NumberAt(arguments, 1), "!", 1);
  if (WaitId(P_PID, child, WEXITED | WNOWAIT | __WALL).result != 0) return 1;
  const bool reset = chld.Pending() && !usr1.Pending();
  const bool kept = usr1.Pending() && !chld.Pending();
  (void)Wait4(child, __WALL);
  return reset ? 44 : kept ? 45 : 2;
}

PROMISE(ExitSignal, RevertsWhenTheParentExecs,
        {
            .says = "When the parent has execed since the clone, the child's end sends SIGCHLD "
                    "instead of its exit signal.",
            .item = "265",
            .authority = "kernel/exit.c exit_notify(), kernel/signal.c do_notify_parent() "
                         "(parent_exec_id)",
            .kind = Kind::kLinux,
        }) {
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
  EXPECT_EQ(parent.Reap(), 44 << 8) << "45: the original exit signal came";
}

PROMISE(ExitSignal, RevertsWhenTheChildExecs,
        {
            .says = "execve resets a child's exit signal to SIGCHLD.",
            .item = "265 172",
            .authority = "clone(2); fs/exec.c begin_new_exec()",
        }) {
  const BlockedSignal chld(SIGCHLD);
  const BlockedSignal usr1(SIGUSR1);
  ScopedChild plain = Clone(WithExitSignal(SIGUSR1), [] { return 0; });
  (void)plain.AwaitZombie();
  EXPECT_TRUE(usr1.Pending()) << "the control: no exec";
  EXPECT_FALSE(chld.Pending());
  EXPECT_EQ(usr1.Take().si_pid, plain.Number());
  EXPECT_EQ(plain.Reap(), 0);
  ScopedChild execed = Clone(WithExitSignal(SIGUSR1), [] {
    (void)ExecHelper(kExitWith, {"46"});
    return 126;
  });
  (void)execed.AwaitZombie();
  EXPECT_TRUE(chld.Pending());
  EXPECT_FALSE(usr1.Pending());
  EXPECT_EQ(execed.Reap(), 46 << 8);
}

}  // namespace
}  // namespace procmark::conformance
