// SPDX-License-Identifier: MIT
// Signals that arrive while a process forks.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/test_deadline.h"

namespace procmark::conformance {
namespace {

std::atomic<int> alarms;
void CountAlarm(int) { alarms.fetch_add(1); }

PROMISE(SignalFork, NeverReturnsEintr,
        {
            .says = "fork never fails with EINTR even when the handler of a timer interrupts it "
                    "again and again.",
            .item = "271",
            .authority = "kernel/fork.c copy_process() (ERESTARTNOINTR)",
            .kind = Kind::kLinux,
        }) {
  struct sigaction action {};
  action.sa_handler = CountAlarm;  // no SA_RESTART
  ASSERT_SYSCALL_SUCCEEDS(::sigaction(SIGALRM, &action, nullptr));
  const itimerval storm{{0, 1000}, {0, 1000}};
  ASSERT_SYSCALL_SUCCEEDS(::setitimer(ITIMER_REAL, &storm, nullptr));
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
  ASSERT_SYSCALL_SUCCEEDS(::setitimer(ITIMER_REAL, &off, nullptr));
  EXPECT_EQ(failed, 0);
  EXPECT_GE(alarms.load(), 20) << "the timer must have interrupted";
}

// A process that forks continuously. All its descendants are in its own process group.
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

PROMISE(SignalFork, KillOfAForkingGroupLeavesNoSurvivor,
        {
            .says = "SIGKILL to a process group kills all members even when they fork "
                    "continuously.",
            .item = "270",
            .authority = "kernel/fork.c copy_process() (fatal_signal_pending under the lock)",
            .kind = Kind::kLinux,
            .tags = "race",
        }) {
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
    EXPECT_SYSCALL_SUCCEEDS(::kill(-group, SIGKILL));
    EXPECT_EQ(leader.Reap(), SIGKILL);
    // Dying members may exist for a moment, but a survivor would exist forever.
    while (::kill(-group, 0) == 0) {
      ASSERT_FALSE(TestDeadline().Expired()) << "a member survived in round " << round;
      (void)::sched_yield();
    }
  }
}

}  // namespace
}  // namespace procmark::conformance
