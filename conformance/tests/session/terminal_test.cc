// SPDX-License-Identifier: MIT
// Controlling terminals: how a session gets one, which processes inherit it, and which signals its
// loss sends.
#include "conformance/vocabulary/terminal.h"

#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <functional>
#include <string>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/signals.h"
#include "conformance/vocabulary/syscall_result.h"
#include "harness/sys/proc_stat.h"

namespace procmark::conformance {
namespace {

// Field 7 of the stat of a process: the device number of its controlling terminal, or 0 for none.
int64_t TerminalOf(pid_t pid) { return Stat(pid).Field(7); }

PROMISE(Terminal, SetsidDropsIt,
        {
            .says = "setsid by a member of a session removes its controlling terminal, and the "
                    "leader keeps it.",
            .item = "254",
            .authority = "setsid(2), proc_pid_stat(5) field 7",
        }) {
  SKIP_WITHOUT_TERMINAL();
  const Terminal terminal;
  const ChildChecks checks(5);
  ScopedChild leader = Fork([&] {
    (void)::setsid();
    CHILD_EXPECT_ERRNO(checks, terminal.Acquire(), 0);
    const int64_t own = TerminalOf(::getpid());
    ScopedChild member = Fork([&] {
      CHILD_EXPECT_TRUE(checks, own != 0 && TerminalOf(::getpid()) == own);
      CHILD_EXPECT_EQ(checks, ::setsid(), ::getpid());
      CHILD_EXPECT_EQ(checks, TerminalOf(::getpid()), 0);
    });
    const int status = member.Reap();
    CHILD_EXPECT_EQ(checks, TerminalOf(::getpid()), own);
    return status;
  });
  EXPECT_EQ(leader.Reap(), 0);
}

HELPER(PrintTerminal) {
  const sys::ProcStat stat = Stat(::getpid());
  const std::string seen = std::to_string(stat.Field(7)) + " " +
                           std::to_string(stat.ProcessGroup()) + " " +
                           std::to_string(stat.Session());
  return seen == arguments.at(0) ? 0 : 1;
}

PROMISE(Terminal, ForkAndExecKeepIt,
        {
            .says = "fork and exec keep the controlling terminal, the group and the session.",
            .item = "45 262",
            .authority = "fork(2), execve(2), credentials(7)",
        }) {
  SKIP_WITHOUT_TERMINAL();
  const Terminal terminal;
  const ChildChecks checks(3);
  ScopedChild leader = Fork([&] {
    (void)::setsid();
    CHILD_EXPECT_ERRNO(checks, terminal.Acquire(), 0);
    const int64_t number = TerminalOf(::getpid());
    CHILD_EXPECT_TRUE(checks, number != 0);
    const std::string expected = std::to_string(number) + " " + std::to_string(::getpid()) + " " +
                                 std::to_string(::getpid());
    ScopedChild child = Fork([&] { return ExecHelper("PrintTerminal", {expected}); });
    CHILD_EXPECT_EQ(checks, child.Reap(), 0);
  });
  EXPECT_EQ(leader.Reap(), 0);
}

PROMISE(Terminal, OnlyASessionLeaderAcquiresIt,
        {
            .says = "TIOCSCTTY fails with EPERM for a process that does not lead a session, for "
                    "one that has a terminal, and for the terminal of another session.",
            .item = "260",
            .authority = "TIOCSCTTY(2const); drivers/tty/tty_jobctrl.c tiocsctty()",
        }) {
  SKIP_WITHOUT_TERMINAL();
  const Terminal terminal;
  const Terminal other;
  const Handshake held;
  const Handshake end;
  const ChildChecks checks(4);
  ScopedChild leader = Fork([&] {
    (void)::setsid();
    CHILD_EXPECT_ERRNO(checks, terminal.Acquire(), 0);
    CHILD_EXPECT_ERRNO(checks, other.Acquire(), EPERM);
    held.Notify();
    return end.Await() ? 0 : 1;
  });
  ScopedChild member = Fork([&] { CHILD_EXPECT_ERRNO(checks, other.Acquire(), EPERM); });
  EXPECT_EQ(member.Reap(), 0);
  ASSERT_TRUE(held.Await());
  ScopedChild rival = Fork([&] {
    (void)::setsid();
    CHILD_EXPECT_ERRNO(checks, terminal.Acquire(), EPERM);
  });
  EXPECT_EQ(rival.Reap(), 0);
  end.Notify();
  EXPECT_EQ(leader.Reap(), 0);
}

// A session with a terminal, a foreground group of one member and a background group of one. Both
// members block SIGHUP and SIGCONT so that these stay visible as pending.
struct JobSession {
  Terminal terminal;
  Shared<std::atomic<pid_t>> foreground;
  Shared<std::atomic<pid_t>> background;
  Handshake ready;    // the leader reports that everything is set up
  Handshake go_on;    // awaited by the leader
  Handshake release;  // each ends one member
};

pid_t ForkMember(const JobSession& session) {
  const Handshake moved;
  const pid_t pid = ::fork();
  if (pid == 0) {
    const BlockedSignal hup(SIGHUP);
    const BlockedSignal cont(SIGCONT);
    (void)::setpgid(0, 0);
    moved.Notify();
    ::_exit(session.release.Await() ? 0 : 1);
  }
  (void)moved.Await();
  return pid;
}

ScopedChild ForkJobSession(const JobSession& session, std::function<void()> at_end) {
  return Fork([&session, at_end] {
    (void)::setsid();
    if (session.terminal.Acquire() != 0) return 1;
    session.foreground->store(ForkMember(session));
    session.background->store(ForkMember(session));
    if (session.terminal.SetForeground(session.foreground->load()) != 0) return 2;
    session.ready.Notify();
    if (!session.go_on.Await()) return 3;
    at_end();
    return 0;
  });
}

// Lets both members end.
void Release(const JobSession& session, const ScopedProcess& first, const ScopedProcess& second) {
  session.release.Notify();
  session.release.Notify();
  EXPECT_TRUE(first.AwaitEnd());
  EXPECT_TRUE(second.AwaitEnd());
}

// The end of the leader does not send SIGCONT: the kernel sends that only for TIOCNOTTY (see
// below).
PROMISE(Terminal, EndOfLeaderHangsUpTheForeground,
        {
            .says = "When a session leader ends, the foreground group of its terminal has SIGHUP "
                    "pending before the leader can be waited for, a background group gets nothing, "
                    "and all processes lose the terminal.",
            .item = "260 345",
            .authority = "exit(3) POSIX.1, credentials(7); drivers/tty/tty_jobctrl.c "
                         "disassociate_ctty()",
        }) {
  SKIP_WITHOUT_TERMINAL();
  const JobSession session;
  ScopedChild leader = ForkJobSession(session, [] {});
  ASSERT_TRUE(session.ready.Await());
  const ScopedProcess foreground = ScopedProcess::Open(session.foreground->load());
  const ScopedProcess background = ScopedProcess::Open(session.background->load());
  EXPECT_NE(TerminalOf(foreground.Number()), 0);
  EXPECT_EQ(MaskOf(foreground.Number(), "ShdPnd"), 0U);
  session.go_on.Notify();
  (void)leader.AwaitZombie();
  EXPECT_EQ(MaskOf(foreground.Number(), "ShdPnd"), SignalBit(SIGHUP));
  EXPECT_EQ(MaskOf(background.Number(), "ShdPnd"), 0U);
  EXPECT_EQ(TerminalOf(foreground.Number()), 0);
  EXPECT_EQ(TerminalOf(background.Number()), 0);
  EXPECT_EQ(leader.Reap(), 0);
  Release(session, foreground, background);
}

PROMISE(Terminal, LeaderThatGivesItUpHangsUpTheForeground,
        {
            .says = "TIOCNOTTY by a session leader sends SIGHUP and SIGCONT to the foreground "
                    "group and takes the terminal from all members.",
            .item = "260",
            .authority = "TIOCNOTTY(2const); drivers/tty/tty_jobctrl.c disassociate_ctty()",
        }) {
  SKIP_WITHOUT_TERMINAL();
  const JobSession session;
  const Handshake given_up;
  const Handshake end;
  ScopedChild leader = ForkJobSession(session, [&] {
    if (::ioctl(session.terminal.Slave(), TIOCNOTTY) == 0) given_up.Notify();
    (void)end.Await();
    (void)Wait4(session.foreground->load(), 0);
    (void)Wait4(session.background->load(), 0);
  });
  ASSERT_TRUE(session.ready.Await());
  const ScopedProcess foreground = ScopedProcess::Open(session.foreground->load());
  const ScopedProcess background = ScopedProcess::Open(session.background->load());
  session.go_on.Notify();
  ASSERT_TRUE(given_up.Await());
  EXPECT_EQ(MaskOf(foreground.Number(), "ShdPnd"), SignalBit(SIGHUP) | SignalBit(SIGCONT));
  EXPECT_EQ(MaskOf(background.Number(), "ShdPnd"), 0U);
  EXPECT_EQ(TerminalOf(background.Number()), 0);
  EXPECT_EQ(TerminalOf(leader.Number()), 0);
  Release(session, foreground, background);
  end.Notify();
  EXPECT_EQ(leader.Reap(), 0);
}

PROMISE(Terminal, FreedByItsSessionCanBeAcquired,
        {
            .says = "A terminal can be acquired by another session when the leader of its session "
                    "has ended.",
            .item = "260",
            .authority = "credentials(7); drivers/tty/tty_jobctrl.c disassociate_ctty()",
        }) {
  SKIP_WITHOUT_TERMINAL();
  const Terminal terminal;
  const ChildChecks checks(3);
  ScopedChild first = Fork([&] {
    (void)::setsid();
    CHILD_EXPECT_ERRNO(checks, terminal.Acquire(), 0);
  });
  (void)first.AwaitZombie();
  ScopedChild second = Fork([&] {
    (void)::setsid();
    CHILD_EXPECT_ERRNO(checks, terminal.Acquire(), 0);
    CHILD_EXPECT_EQ(checks, ::tcgetsid(terminal.Slave()), ::getpid());
  });
  EXPECT_EQ(second.Reap(), 0);
  EXPECT_EQ(first.Reap(), 0);
}

PROMISE(Terminal, ClosedMasterHangsUpTheLeader,
        {
            .says = "When the other side of a pty is closed, the session leader gets SIGHUP and "
                    "SIGCONT, and its reads return end of file.",
            .item = "260",
            .authority = "pty(7), tty_ioctl(4); drivers/tty/tty_jobctrl.c "
                         "tty_signal_session_leader()",
        }) {
  SKIP_WITHOUT_TERMINAL();
  Terminal terminal;
  const Handshake ready;
  const ChildChecks checks(4);
  ScopedChild leader = Fork([&] {
    const BlockedSignal hup(SIGHUP);
    const BlockedSignal cont(SIGCONT);
    (void)::setsid();
    terminal.CloseMaster();  // our copy
    CHILD_EXPECT_ERRNO(checks, terminal.Acquire(), 0);
    ready.Notify();
    CHILD_EXPECT_EQ(checks, hup.Take().si_signo, SIGHUP);
    CHILD_EXPECT_EQ(checks, cont.Take().si_signo, SIGCONT);
    char byte = 0;
    CHILD_EXPECT_EQ(checks, ::read(terminal.Slave(), &byte, 1), 0);
  });
  ASSERT_TRUE(ready.Await());
  terminal.CloseMaster();
  EXPECT_EQ(leader.Reap(), 0);
}

PROMISE(Terminal, InterruptCharacterReachesTheForegroundOnly,
        {
            .says = "The interrupt character sends SIGINT to the foreground group and to no other.",
            .item = "261",
            .authority = "termios(3) VINTR; drivers/tty/n_tty.c isig()",
        }) {
  SKIP_WITHOUT_TERMINAL();
  const Terminal terminal;
  const Handshake ready;
  const ChildChecks checks(4);
  ScopedChild leader = Fork([&] {
    const BlockedSignal interrupt(SIGINT);
    (void)::setsid();
    CHILD_EXPECT_ERRNO(checks, terminal.Acquire(), 0);
    ScopedChild member = Fork([&] {
      (void)::setpgid(0, 0);
      ready.Notify();
      return interrupt.Take().si_signo == SIGINT ? 0 : 1;
    });
    if (!ready.Await()) return 1;
    CHILD_EXPECT_EQ(checks, terminal.SetForeground(member.Number()), 0);
    const ssize_t typed = ::write(terminal.Master(), "\x03", 1);
    CHILD_EXPECT_TRUE(checks, typed == 1 && member.Reap() == 0);
    CHILD_EXPECT_EQ(checks, MaskOf(::getpid(), "ShdPnd"), 0);
    return 0;
  });
  EXPECT_EQ(leader.Reap(), 0);
}

}  // namespace
}  // namespace procmark::conformance
