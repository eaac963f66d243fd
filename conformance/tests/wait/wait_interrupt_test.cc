// SPDX-License-Identifier: MIT
// A signal handler that interrupts a blocked wait.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/signals.h"
#include "conformance/vocabulary/syscall_result.h"

namespace procmark::conformance {
namespace {

// Forks a child that waits until its parent sleeps in its wait, signals it, and ends on release.
ScopedChild ForkDisturber(const Handshake& end) {
  return Fork([&end] {
    const pid_t parent = ::getppid();
    if (!AwaitState(parent, "S")) return 1;
    if (!SignalProcess(parent, SIGUSR1)) return 1;
    return end.Await() ? 0 : 1;
  });
}

PROMISE(WaitInterrupt, HandlerInterruptsWithoutRestart,
        {
            .says = "A handler without SA_RESTART makes a blocked wait fail with EINTR, and the "
                    "child is not reaped.",
            .item = "195",
            .authority = "signal(7), wait(2)",
        }) {
  struct sigaction action {};
  action.sa_handler = DoNothing;
  ASSERT_SYSCALL_SUCCEEDS(::sigaction(SIGUSR1, &action, nullptr));
  const Handshake end;
  ScopedChild child = ForkDisturber(end);
  EXPECT_SYSCALL_FAILS(Wait4(child.Number(), 0), EINTR);
  end.Notify();
  EXPECT_EQ(child.Reap(), 0);
}

const Handshake* restart_end = nullptr;
void LetChildEnd(int) { restart_end->Notify(); }

PROMISE(WaitInterrupt, HandlerWithRestartGoesOnWaiting,
        {
            .says = "A handler with SA_RESTART runs, and the blocked wait continues and returns "
                    "the child.",
            .item = "196",
            .authority = "signal(7), wait(2)",
        }) {
  const Handshake end;
  restart_end = &end;
  struct sigaction action {};
  action.sa_handler = LetChildEnd;  // the child can end only after the handler has run
  action.sa_flags = SA_RESTART;
  ASSERT_SYSCALL_SUCCEEDS(::sigaction(SIGUSR1, &action, nullptr));
  const ScopedChild child = ForkDisturber(end);
  const Waited waited = Wait4(child.Number(), 0);
  EXPECT_EQ(waited.pid, child.Number());
  EXPECT_EQ(waited.status, 0);
}

}  // namespace
}  // namespace procmark::conformance
