// SPDX-License-Identifier: MIT
// Waiting in processes with several threads.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "conformance/vocabulary/children.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/test_deadline.h"

namespace procmark::conformance {
namespace {

PROMISE(WaitThread, NoThreadFlagSeesOnlyOwnChildren,
        {
            .says = "With __WNOTHREAD a thread cannot wait for another thread's child, and without "
                    "it, it can.",
            .item = "193",
            .authority = "wait4(2) __WNOTHREAD; kernel/exit.c do_wait()",
        }) {
  const ScopedChild child = Fork([] { return 15; });  // the child of the leader
  (void)child.AwaitZombie();
  Waited refused;
  Waited granted;
  {
    const JoinedThread thread([&] {
      refused = Wait4(child.Number(), __WNOTHREAD);
      granted = Wait4(child.Number(), 0);
    });
  }
  EXPECT_ERRNO(refused.error, ECHILD);
  EXPECT_EQ(granted.pid, child.Number());
  EXPECT_EQ(granted.status, 15 << 8);
}

PROMISE(WaitThread, OnlyOneOfTwoWaitersGetsTheChild,
        {
            .says = "Of two threads that wait for one child, exactly one gets it, and the other "
                    "gets ECHILD.",
            .item = "200",
            .authority = "kernel/exit.c wait_task_zombie()",
            .kind = Kind::kLinux,
        }) {
  for (int round = 0; AnotherRound(round, 20); ++round) {
    const Handshake end;
    const ScopedChild child = ForkUntil(end);
    std::atomic<int> got = 0;
    std::atomic<int> refused = 0;
    const auto wait = [&] {
      const Waited waited = Wait4(child.Number(), 0);
      if (waited.pid == child.Number()) got.fetch_add(1);
      if (waited.error == ECHILD) refused.fetch_add(1);
    };
    {
      const JoinedThread one(wait);
      const JoinedThread two(wait);
      end.Notify();
    }
    EXPECT_EQ(got.load(), 1) << "round " << round;
    EXPECT_EQ(refused.load(), 1) << "round " << round;
  }
}

PROMISE(WaitThread, BlockedWaitSeesAChildBornLater,
        {
            .says = "A thread that waits for any child is woken by the end of a child that another "
                    "thread forked after the wait began.",
            .item = "193",
            .authority = "wait(2); kernel/exit.c do_wait() (threads share their children)",
        }) {
  const Handshake end;
  const Handshake waiting;
  ScopedChild first = ForkUntil(end, 54);
  std::atomic<pid_t> tid = 0;
  Waited seen;
  pid_t later = -1;
  {
    const JoinedThread waiter([&] {
      tid.store(OwnTid());
      waiting.Notify();
      seen = Wait4(-1, 0);
    });
    EXPECT_TRUE(waiting.Await());
    EXPECT_TRUE(AwaitThreadState(::getpid(), tid.load(), "S"));
    later = ::fork();
    if (later == 0) ::_exit(55);
  }
  EXPECT_EQ(seen.pid, later);
  EXPECT_EQ(seen.status, 55 << 8);
  end.Notify();
  EXPECT_EQ(first.Reap(), 54 << 8);
}

}  // namespace
}  // namespace procmark::conformance
