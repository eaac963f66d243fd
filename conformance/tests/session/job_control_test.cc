// SPDX-License-Identifier: MIT
// Job control: what a background group may do with its terminal, and what stops it.
#include <gtest/gtest.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/signals.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/terminal.h"

namespace procmark::conformance {
namespace {

// The errno of a read of one byte, or 0.
int ReadError(const Terminal& terminal) {
  char byte = 0;
  return ::read(terminal.Slave(), &byte, 1) >= 0 ? 0 : errno;
}

// Runs `leader` as the leader of a new session that has the terminal, with its group in the
// foreground.
template <typename Leader>
int RunAsLeader(const Terminal& terminal, Leader leader) {
  ScopedChild child = Fork([&] {
    (void)::setsid();
    if (terminal.Acquire() != 0) return 99;
    leader();
    return 0;
  });
  return child.Reap();
}

// A child of the leader in its own background group. The group is not orphaned.
template <typename Body>
ScopedChild ForkBackground(Body body) {
  return Fork([body] {
    (void)::setpgid(0, 0);
    return body();
  });
}

PROMISE(JobControl, BackgroundReadStops,
        {
            .says = "SIGTTIN stops a background group that reads its terminal, and in the "
                    "foreground the same read waits for input and gets it.",
            .item = "261",
            .authority = "POSIX.1 11.1.4, tty_ioctl(4); drivers/tty/tty_jobctrl.c "
                         "__tty_check_change()",
        }) {
  SKIP_WITHOUT_TERMINAL();
  const Terminal terminal;
  const ChildChecks checks(5);
  const int status = RunAsLeader(terminal, [&] {
    ScopedChild reader = ForkBackground([&] { return ReadError(terminal); });
    const siginfo_t stop = reader.AwaitStop();
    CHILD_EXPECT_EQ(checks, stop.si_status, SIGTTIN);
    (void)::signal(SIGTTOU, SIG_IGN);  // so that the following calls do not stop this process
    CHILD_EXPECT_EQ(checks, terminal.SetForeground(reader.Number()), 0);
    CHILD_EXPECT_TRUE(checks, reader.Signal(SIGCONT).Ok());
    CHILD_EXPECT_EQ(checks, ::write(terminal.Master(), "y\n", 2), 2);
    CHILD_EXPECT_EQ(checks, reader.Reap(), 0);
  });
  EXPECT_EQ(status, 0);
}

PROMISE(JobControl, BackgroundReadIsEioWhenTtinIsIgnoredOrBlocked,
        {
            .says = "A background read fails with EIO when SIGTTIN is ignored or blocked.",
            .item = "261",
            .authority = "POSIX.1 11.1.4; drivers/tty/tty_jobctrl.c __tty_check_change()",
        }) {
  SKIP_WITHOUT_TERMINAL();
  const Terminal terminal;
  const ChildChecks checks(2);
  const int status = RunAsLeader(terminal, [&] {
    ScopedChild ignoring = ForkBackground([&] {
      (void)::signal(SIGTTIN, SIG_IGN);
      return ReadError(terminal);
    });
    CHILD_EXPECT_EQ(checks, ignoring.Reap(), EIO << 8);
    ScopedChild blocking = ForkBackground([&] {
      const sigset_t set = SetOf({SIGTTIN});
      (void)::sigprocmask(SIG_BLOCK, &set, nullptr);
      return ReadError(terminal);
    });
    CHILD_EXPECT_EQ(checks, blocking.Reap(), EIO << 8);
  });
  EXPECT_EQ(status, 0);
}

PROMISE(JobControl, OrphanedBackgroundReadIsEio,
        {
            .says = "A read by an orphaned background group fails with EIO, and nothing stops the "
                    "group.",
            .item = "261",
            .authority = "POSIX.1 11.1.4; drivers/tty/tty_jobctrl.c __tty_check_change()",
        }) {
  SKIP_WITHOUT_TERMINAL();
  const Terminal terminal;
  const ChildChecks checks(3);
  const int status = RunAsLeader(terminal, [&] {
    const Handshake orphaned;
    const Handshake done;
    ScopedChild middle = ForkBackground([&] {
      if (::fork() == 0) {
        (void)::setpgid(0, 0);  // only its parent connects it to the session
        const bool told = orphaned.Await();
        CHILD_EXPECT_ERRNO(checks, told ? ReadError(terminal) : 0, EIO);
        done.Notify();
        ::_exit(0);
      }
      return 0;
    });
    CHILD_EXPECT_EQ(checks, middle.Reap(), 0);
    orphaned.Notify();
    CHILD_EXPECT_TRUE(checks, done.Await());
  });
  EXPECT_EQ(status, 0);
}

int WriteError(const Terminal& terminal) {
  return ::write(terminal.Slave(), "x", 1) == 1 ? 0 : errno;
}

// TOSTOP makes background writes stop their group.
bool SetTostop(const Terminal& terminal) {
  termios settings{};
  if (::tcgetattr(terminal.Slave(), &settings) != 0) return false;
  settings.c_lflag |= TOSTOP;
  return ::tcsetattr(terminal.Slave(), TCSANOW, &settings) == 0;
}

PROMISE(JobControl, BackgroundWriteStopsOnlyWithTostop,
        {
            .says = "A background group may write to its terminal, but with TOSTOP set SIGTTOU "
                    "stops it unless it ignores that signal.",
            .item = "261",
            .authority = "POSIX.1 11.1.4, termios(3) TOSTOP; drivers/tty/n_tty.c n_tty_write()",
        }) {
  SKIP_WITHOUT_TERMINAL();
  const Terminal terminal;
  const ChildChecks checks(4);
  const int status = RunAsLeader(terminal, [&] {
    ScopedChild before = ForkBackground([&] { return WriteError(terminal); });
    CHILD_EXPECT_EQ(checks, before.Reap(), 0);
    CHILD_EXPECT_TRUE(checks, SetTostop(terminal));
    ScopedChild stopped = ForkBackground([&] { return WriteError(terminal); });
    CHILD_EXPECT_EQ(checks, stopped.AwaitStop().si_status, SIGTTOU);
    ScopedChild ignoring = ForkBackground([&] {
      (void)::signal(SIGTTOU, SIG_IGN);
      return WriteError(terminal);
    });
    CHILD_EXPECT_EQ(checks, ignoring.Reap(), 0);
  });
  EXPECT_EQ(status, 0);
}

PROMISE(JobControl, OrphanedBackgroundWriteIsEioWithTostop,
        {
            .says = "With TOSTOP set, a write by an orphaned background group fails with EIO.",
            .item = "261",
            .authority = "POSIX.1 11.1.4; drivers/tty/tty_jobctrl.c __tty_check_change()",
        }) {
  SKIP_WITHOUT_TERMINAL();
  const Terminal terminal;
  const ChildChecks checks(3);
  const int status = RunAsLeader(terminal, [&] {
    CHILD_EXPECT_TRUE(checks, SetTostop(terminal));
    const Handshake orphaned;
    const Handshake done;
    ScopedChild middle = ForkBackground([&] {
      if (::fork() == 0) {
        (void)::setpgid(0, 0);
        const bool told = orphaned.Await();
        CHILD_EXPECT_ERRNO(checks, told ? WriteError(terminal) : 0, EIO);
        done.Notify();
        ::_exit(0);
      }
      return 0;
    });
    (void)middle.Reap();
    orphaned.Notify();
    CHILD_EXPECT_TRUE(checks, done.Await());
  });
  EXPECT_EQ(status, 0);
}

PROMISE(JobControl, BackgroundTcsetpgrpStops,
        {
            .says = "SIGTTOU stops a background group that calls tcsetpgrp, and the call is "
                    "allowed when the signal is ignored.",
            .item = "261",
            .authority = "tcsetpgrp(3); drivers/tty/tty_jobctrl.c tiocspgrp()",
        }) {
  SKIP_WITHOUT_TERMINAL();
  const Terminal terminal;
  const ChildChecks checks(4);
  const int status = RunAsLeader(terminal, [&] {
    ScopedChild stopped = ForkBackground([&] { return terminal.SetForeground(::getpid()); });
    CHILD_EXPECT_EQ(checks, stopped.AwaitStop().si_status, SIGTTOU);
    CHILD_EXPECT_EQ(checks, ::tcgetpgrp(terminal.Slave()), ::getpid());
    ScopedChild ignoring = ForkBackground([&] {
      (void)::signal(SIGTTOU, SIG_IGN);
      return terminal.SetForeground(::getpid());
    });
    CHILD_EXPECT_EQ(checks, ignoring.AwaitZombie().si_status, 0);
    CHILD_EXPECT_EQ(checks, ::tcgetpgrp(terminal.Slave()), ignoring.Number());
  });
  EXPECT_EQ(status, 0);
}

PROMISE(JobControl, ForegroundIsAGroupOfTheSession,
        {
            .says = "tcsetpgrp fails with EPERM for a group of another session, with ESRCH or "
                    "EPERM for one that does not exist, and with ENOTTY for a terminal that is not "
                    "the caller's controlling terminal.",
            .item = "261",
            .authority = "tcsetpgrp(3); drivers/tty/tty_jobctrl.c tiocspgrp()",
        }) {
  SKIP_WITHOUT_TERMINAL();
  const Terminal terminal;
  const Terminal other;
  const pid_t outside = ::getpgrp();
  const ChildChecks checks(4);
  const int status = RunAsLeader(terminal, [&] {
    CHILD_EXPECT_ERRNO(checks, terminal.SetForeground(outside), EPERM);
    const int absent = terminal.SetForeground(4'000'000);
    CHILD_EXPECT_TRUE(checks, absent == ESRCH || absent == EPERM);
    CHILD_EXPECT_ERRNO(checks, other.SetForeground(::getpid()), ENOTTY);
    CHILD_EXPECT_EQ(checks, terminal.SetForeground(::getpid()), 0);
  });
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace procmark::conformance
