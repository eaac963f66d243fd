// SPDX-License-Identifier: MIT
// Children that are reaped without a wait, because of the parent's setting for SIGCHLD.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

#include "conformance/vocabulary/children.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/syscall_result.h"

namespace procmark::conformance {
namespace {

PROMISE(Autoreap, IgnoredSigchldMakesWaitBlockUntilAllAreGone,
        {
            .says = "While SIGCHLD is ignored, wait blocks until the last child has ended and then "
                    "fails with ECHILD.",
            .item = "222",
            .authority = "wait(2) NOTES, POSIX.1; kernel/signal.c do_notify_parent()",
        }) {
  ASSERT_NE(::signal(SIGCHLD, SIG_IGN), SIG_ERR);
  const Shared<std::atomic<int>> ended;
  const ScopedChild quick = Fork([&] { ended->fetch_add(1); });
  const ScopedChild slow = Fork([&] {
    if (!AwaitState(::getppid(), "S")) return 1;  // the test is in its wait
    ended->fetch_add(1);
    return 0;
  });
  EXPECT_SYSCALL_FAILS(Wait4(-1, 0), ECHILD);
  EXPECT_EQ(ended->load(), 2) << "the wait returned before all had ended";
  EXPECT_TRUE(AwaitGone(quick.Number()));
  EXPECT_TRUE(AwaitGone(slow.Number()));
}

std::atomic<int> sigchld_count;
void CountSigchld(int) { sigchld_count.fetch_add(1); }

PROMISE(Autoreap, NoCldWaitReapsAndStillSignals,
        {
            .says = "With SA_NOCLDWAIT and a handler the child is reaped automatically, and "
                    "SIGCHLD is still sent.",
            .item = "223",
            .authority = "sigaction(2) SA_NOCLDWAIT; kernel/signal.c do_notify_parent()",
        }) {
  struct sigaction action {};
  action.sa_handler = CountSigchld;
  action.sa_flags = SA_NOCLDWAIT | SA_RESTART;
  ASSERT_SYSCALL_SUCCEEDS(::sigaction(SIGCHLD, &action, nullptr));
  const ScopedChild child = Fork([] { return 0; });
  EXPECT_SYSCALL_FAILS(Wait4(-1, 0), ECHILD);
  EXPECT_EQ(sigchld_count.load(), 1);
}

PROMISE(Autoreap, IgnoringLaterLeavesExistingZombie,
        {
            .says = "Starting to ignore SIGCHLD does not reap a zombie that already exists.",
            .item = "224",
            .authority = "sigaction(2)",
            .kind = Kind::kLinux,
        }) {
  ScopedChild zombie = ForkZombie(3);
  ASSERT_NE(::signal(SIGCHLD, SIG_IGN), SIG_ERR);
  EXPECT_EQ(Stat(zombie.Number()).state, 'Z');
  EXPECT_EQ(zombie.Reap(), 3 << 8);
}

PROMISE(Autoreap, OtherExitSignalIsNotReaped,
        {
            .says = "Ignoring SIGCHLD reaps only children whose exit signal is SIGCHLD, and one "
                    "with exit signal 0 becomes a zombie.",
            .item = "226",
            .authority = "kernel/signal.c do_notify_parent()",
            .kind = Kind::kLinux,
        }) {
  ASSERT_NE(::signal(SIGCHLD, SIG_IGN), SIG_ERR);
  const ScopedChild reaped = Fork([] { return 1; });
  EXPECT_SYSCALL_FAILS(Wait4(reaped.Number(), 0), ECHILD);
  ScopedChild silent = Clone(CloneArguments{}, [] { return 5; });
  EXPECT_EQ(silent.AwaitZombie().si_status, 5);
  EXPECT_EQ(silent.Reap(), 5 << 8);
}

}  // namespace
}  // namespace procmark::conformance
