// SPDX-License-Identifier: MIT
// posix_spawn(3): what it does to the child before the exec, and how it reports failures. The new
// program is a helper of this same binary. These tests concern the C library as well as the kernel.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <string>

#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/signals.h"
#include "conformance/vocabulary/spawning.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/test_deadline.h"
#include "conformance/vocabulary/users.h"
#include "harness/sys/fd.h"
#include "harness/sys/temp_dir.h"

namespace procmark::conformance {
namespace {

PROMISE(Spawn, ProgramRunsAndIsAChild,
        {
            .says = "posix_spawn returns the pid of a child that runs the program and can be "
                    "waited for like any other.",
            .item = "351",
            .authority = "posix_spawn(3)",
        }) {
  Spawn spawn;
  EXPECT_EQ(spawn.Start(kExitWith, {"33"}), 0);
  EXPECT_GT(spawn.pid, 0);
  const Waited waited = Wait4(-1, 0);
  EXPECT_EQ(waited.pid, spawn.pid);
  EXPECT_EQ(waited.status, 33 << 8);
}

PROMISE(Spawn, ExecErrorsAreReturnedAndLeaveNoChild,
        {
            .says = "posix_spawn returns ENOENT, EACCES or ENOEXEC for a file that is absent, that "
                    "may not be executed or that is not a program, and leaves no child.",
            .item = "351",
            .authority = "posix_spawn(3) RETURN VALUE",
        }) {
  sys::Result<sys::TempDir> folder = sys::TempDir::Create();
  ASSERT_TRUE(folder);
  const std::string path = folder.Value().Path();
  const auto make = [&](const std::string& name, mode_t mode) {
    const sys::Fd file(::open((path + name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, mode));
    (void)!::write(file.Get(), "\1\2\3\4 no program", 15);
  };
  make("/unmarked", 0600);
  make("/garbage", 0700);
  const struct {
    const char* name;
    int error;
  } rows[] = {{"/absent", ENOENT}, {"/unmarked", EACCES}, {"/garbage", ENOEXEC}};
  for (const auto& row : rows) {
    Spawn spawn;
    EXPECT_EQ(spawn.Start(kExitWith, {"0"}, (path + row.name).c_str()), row.error) << row.name;
    EXPECT_TRUE(HasNoChild());
  }
}

HELPER(SpawnGroup) {
  const bool leads = ::getpgrp() == ::getpid();
  const bool joined = std::to_string(::getpgrp()) == arguments.at(0);
  return (leads ? 1 : 0) + (joined ? 2 : 0);
}

PROMISE(Spawn, SetPgroupZeroMakesALeader,
        {
            .says = "POSIX_SPAWN_SETPGROUP with group 0 makes the child lead a group of its own.",
            .item = "352",
            .authority = "posix_spawnattr_setpgroup(3)",
        }) {
  const std::string ours = std::to_string(::getpgrp());
  Spawn plain;
  EXPECT_EQ(plain.Run("SpawnGroup", {ours}), 2 << 8)
      << "the control: the group of the test without the flag";
  Spawn spawn;
  spawn.SetFlags(POSIX_SPAWN_SETPGROUP);
  EXPECT_EQ(spawn.Run("SpawnGroup", {ours}), 1 << 8);
}

PROMISE(Spawn, SetPgroupJoinsAGroup,
        {
            .says = "POSIX_SPAWN_SETPGROUP moves the child to a group of its session, and "
                    "posix_spawn returns EPERM for a group that does not exist.",
            .item = "352",
            .authority = "posix_spawnattr_setpgroup(3), setpgid(2)",
        }) {
  const ScopedChild leader = Fork(PauseForever);
  ASSERT_SYSCALL_SUCCEEDS(::setpgid(leader.Number(), 0));
  Spawn spawn;
  spawn.SetFlags(POSIX_SPAWN_SETPGROUP);
  ASSERT_EQ(::posix_spawnattr_setpgroup(&spawn.attributes, leader.Number()), 0);
  EXPECT_EQ(spawn.Run("SpawnGroup", {std::to_string(leader.Number())}), 2 << 8);
  ASSERT_EQ(::posix_spawnattr_setpgroup(&spawn.attributes, 4'000'000), 0);
  EXPECT_ERRNO(spawn.Start("SpawnGroup", {"0"}), EPERM);
}

HELPER(SpawnSession) { return ::getsid(0) == ::getpid() ? 1 : 0; }

PROMISE(Spawn, SetSidMakesASession,
        {
            .says = "POSIX_SPAWN_SETSID makes the child lead a new session.",
            .item = "352",
            .authority = "posix_spawn(3) POSIX_SPAWN_SETSID",
        }) {
  Spawn plain;
  EXPECT_EQ(plain.Run("SpawnSession"), 0) << "the control: without the flag";
  Spawn spawn;
  spawn.SetFlags(POSIX_SPAWN_SETSID);
  EXPECT_EQ(spawn.Run("SpawnSession"), 1 << 8);
}

// Bit 0: SIGUSR1 is blocked; 1: SIGUSR2 is blocked; 2: SIGUSR1 is default; 3: SIGUSR2 is default.
HELPER(SpawnSignals) {
  sigset_t set;
  (void)::sigprocmask(SIG_SETMASK, nullptr, &set);
  int seen = ::sigismember(&set, SIGUSR1) + 2 * ::sigismember(&set, SIGUSR2);
  struct sigaction action {};
  (void)::sigaction(SIGUSR1, nullptr, &action);
  if (action.sa_handler == SIG_DFL) seen += 4;
  (void)::sigaction(SIGUSR2, nullptr, &action);
  if (action.sa_handler == SIG_DFL) seen += 8;
  return seen;
}

PROMISE(Spawn, MaskIsInheritedOrSet,
        {
            .says = "The child inherits the caller's signal mask, and with POSIX_SPAWN_SETSIGMASK "
                    "it has exactly the given mask.",
            .item = "352 354",
            .authority = "posix_spawnattr_setsigmask(3)",
        }) {
  const sigset_t first = SetOf({SIGUSR1});
  const sigset_t second = SetOf({SIGUSR2});
  ASSERT_SYSCALL_SUCCEEDS(::sigprocmask(SIG_SETMASK, &first, nullptr));
  Spawn plain;
  EXPECT_EQ(plain.Run("SpawnSignals"), (1 + 4 + 8) << 8);
  Spawn spawn;
  spawn.SetFlags(POSIX_SPAWN_SETSIGMASK);
  ASSERT_EQ(::posix_spawnattr_setsigmask(&spawn.attributes, &second), 0);
  EXPECT_EQ(spawn.Run("SpawnSignals"), (2 + 4 + 8) << 8);
  sigset_t now;
  ASSERT_SYSCALL_SUCCEEDS(::sigprocmask(SIG_SETMASK, nullptr, &now));
  EXPECT_EQ(::sigismember(&now, SIGUSR1), 1) << "the caller's own mask is unchanged";
  EXPECT_EQ(::sigismember(&now, SIGUSR2), 0);
}

PROMISE(Spawn, IgnoredSignalsStayUnlessSetToDefault,
        {
            .says = "Signals that the caller ignores are ignored in the child, except those named "
                    "by POSIX_SPAWN_SETSIGDEF.",
            .item = "352 354",
            .authority = "posix_spawnattr_setsigdefault(3)",
        }) {
  ASSERT_NE(::signal(SIGUSR1, SIG_IGN), SIG_ERR);
  ASSERT_NE(::signal(SIGUSR2, SIG_IGN), SIG_ERR);
  Spawn plain;
  EXPECT_EQ(plain.Run("SpawnSignals"), 0);
  Spawn spawn;
  spawn.SetFlags(POSIX_SPAWN_SETSIGDEF);
  const sigset_t second = SetOf({SIGUSR2});
  ASSERT_EQ(::posix_spawnattr_setsigdefault(&spawn.attributes, &second), 0);
  EXPECT_EQ(spawn.Run("SpawnSignals"), 8 << 8);
  struct sigaction action {};
  ASSERT_SYSCALL_SUCCEEDS(::sigaction(SIGUSR2, nullptr, &action));
  EXPECT_EQ(action.sa_handler, SIG_IGN) << "the caller's own action is unchanged";
}

PROMISE(Spawn, CaughtSignalsAreDefaultInTheChild,
        {
            .says = "Signals that the caller catches have their default action in the child.",
            .item = "354",
            .authority = "posix_spawn(3), execve(2)",
        }) {
  ASSERT_NE(::signal(SIGUSR1, [](int) {}), SIG_ERR);
  ASSERT_NE(::signal(SIGUSR2, SIG_IGN), SIG_ERR);
  Spawn spawn;
  EXPECT_EQ(spawn.Run("SpawnSignals"), 4 << 8);
}

HELPER(SpawnPolicy) { return ::sched_getscheduler(0); }

PROMISE(Spawn, SchedulerIsSet,
        {
            .says = "POSIX_SPAWN_SETSCHEDULER gives the child the named policy, and its caller "
                    "keeps its own.",
            .item = "352",
            .authority = "posix_spawnattr_setschedpolicy(3)",
        }) {
  // The C library accepts SCHED_OTHER, SCHED_FIFO and SCHED_RR only, and the first needs no
  // privilege.
  const sched_param zero{};
  ASSERT_SYSCALL_SUCCEEDS(::sched_setscheduler(0, SCHED_BATCH, &zero));
  Spawn plain;
  EXPECT_EQ(plain.Run("SpawnPolicy"), SCHED_BATCH << 8) << "the control: it is inherited";
  Spawn spawn;
  spawn.SetFlags(POSIX_SPAWN_SETSCHEDULER);
  ASSERT_EQ(::posix_spawnattr_setschedpolicy(&spawn.attributes, SCHED_OTHER), 0);
  ASSERT_EQ(::posix_spawnattr_setschedparam(&spawn.attributes, &zero), 0);
  EXPECT_EQ(spawn.Run("SpawnPolicy"), SCHED_OTHER << 8);
  EXPECT_EQ(::sched_getscheduler(0), SCHED_BATCH);
}

HELPER(SpawnIds) { return ::geteuid() == ::getuid() && ::getegid() == ::getgid() ? 1 : 0; }

PROMISE(Spawn, ResetIdsDropsTheEffectiveOnes,
        {
            .says = "POSIX_SPAWN_RESETIDS gives the child its caller's real ids as effective ids, "
                    "and without it the child keeps the effective ids.",
            .item = "352",
            .authority = "posix_spawn(3) POSIX_SPAWN_RESETIDS",
        }) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to have other effective ids";
  // Opens the program first, because the other user may not be able to read it.
  ScopedChild child = Fork([] {
    const int itself = ::open(kThisProgram, O_RDONLY);
    if (itself < 0 || ::setresgid(kOrdinaryUid, 0, 0) != 0 || ::setresuid(kOrdinaryUid, 0, 0) != 0)
      return 1;
    const std::string path = "/proc/self/fd/" + std::to_string(itself);
    const auto run = [&](int flags) {
      Spawn spawn;
      (void)::posix_spawnattr_setflags(&spawn.attributes, static_cast<short>(flags));
      const int error = spawn.Start("SpawnIds", {}, path.c_str());
      return error == 0 ? Wait4(spawn.pid, 0).status >> 8 : 100 + error;
    };
    const int plain = run(0);
    const int reset = run(POSIX_SPAWN_RESETIDS);
    if (reset == 100 + EACCES) return 99;  // the other user may not execute this file
    return plain == 0 && reset == 1 ? 0 : 2;
  });
  const int status = child.Reap() >> 8;
  if (status == 99) GTEST_SKIP() << "only its owner may execute this program";
  EXPECT_EQ(status, 0);
}

std::atomic<int> handled_elsewhere;
pid_t spawner;
void NoteForeignHandler(int) {
  if (static_cast<pid_t>(::syscall(SYS_getpid)) != spawner) handled_elsewhere.fetch_add(1);
}

PROMISE(Spawn, HandlersNeverRunInTheChild,
        {
            .says = "No handler of the caller runs in the child between its start and its exec, "
                    "even when its process group gets signals without pause.",
            .item = "355",
            .authority = "posix_spawn(3); POSIX.1 posix_spawn rationale",
        }) {
  spawner = ::getpid();
  ASSERT_SYSCALL_SUCCEEDS(::setpgid(0, 0));
  struct sigaction action {};
  action.sa_handler = NoteForeignHandler;
  action.sa_flags = SA_RESTART;
  ASSERT_SYSCALL_SUCCEEDS(::sigaction(SIGUSR1, &action, nullptr));
  const pid_t group = ::getpgrp();
  ASSERT_EQ(group, ::getpid());
  ASSERT_GT(group, 1);
  const ScopedChild storm = Fork([group] {
    (void)::signal(SIGUSR1, SIG_IGN);
    while (::getppid() == group)
      (void)::kill(-group, SIGUSR1);  // the test's own group, checked above
    return 0;
  });
  int died_of_it = 0;
  for (int round = 0; AnotherRound(round, 30); ++round) {
    Spawn spawn;
    ASSERT_EQ(spawn.Start(kExitWith, {"0"}), 0);
    // After the exec the signal's default action may end the program. This test does not assert
    // that.
    if (Wait4(spawn.pid, 0).status == SIGUSR1) ++died_of_it;
  }
  // A handler that ran in the child would have written to the test's memory, which the child shares
  // until its exec.
  EXPECT_EQ(handled_elsewhere.load(), 0);
  RecordProperty("ended_by_the_signal_after_exec", died_of_it);
}

}  // namespace
}  // namespace procmark::conformance
