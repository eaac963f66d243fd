// SPDX-License-Identifier: MIT
// What the end of a task does to futexes and to the words that other tasks wait on.
#include <gtest/gtest.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdint>

#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/test_deadline.h"

namespace procmark::conformance {
namespace {

// One entry of a robust list as the kernel reads it, with its futex word.
struct RobustLock {
  robust_list_head head;
  robust_list entry;
  std::atomic<uint32_t> word;
};

PROMISE(ExitFutex, RobustFutexIsMarked,
        {
            .says = "When a child can be waited for, the futexes of its robust list have "
                    "FUTEX_OWNER_DIED and no owner, and a futex that it does not own is unchanged.",
            .item = "338",
            .authority = "get_robust_list(2), Documentation/locking/robust-futexes.rst; "
                         "kernel/futex exit_robust_list()",
        }) {
  for (const bool owned : {true, false}) {
    const Shared<RobustLock> lock;
    ScopedChild child = Fork([&] {
      lock->head.list.next = &lock->entry;
      lock->entry.next = &lock->head.list;
      lock->head.futex_offset = static_cast<long>(offsetof(RobustLock, word)) -
                                static_cast<long>(offsetof(RobustLock, entry));
      lock->head.list_op_pending = nullptr;
      lock->word.store(static_cast<uint32_t>(owned ? OwnTid() : OwnTid() + 1) | FUTEX_WAITERS);
      return static_cast<int>(
          ::syscall(SYS_set_robust_list, &lock->head, sizeof(robust_list_head)));
    });
    (void)child.AwaitZombie();
    if (owned) {
      EXPECT_EQ(lock->word.load(), FUTEX_OWNER_DIED | FUTEX_WAITERS);
    } else {
      EXPECT_EQ(lock->word.load(), static_cast<uint32_t>(child.Number() + 1) | FUTEX_WAITERS);
    }
    EXPECT_EQ(child.Reap(), 0);
  }
}

PROMISE(ExitFutex, RobustFutexWakesAWaiter,
        {
            .says = "The end of its owner wakes a process that waits for a robust futex.",
            .item = "338",
            .authority = "set_robust_list(2); kernel/futex handle_futex_death()",
        }) {
  const Shared<RobustLock> lock;
  const Handshake ready;
  const Handshake end;
  ScopedChild owner = Fork([&] {
    lock->head.list.next = &lock->entry;
    lock->entry.next = &lock->head.list;
    lock->head.futex_offset = static_cast<long>(offsetof(RobustLock, word)) -
                              static_cast<long>(offsetof(RobustLock, entry));
    lock->word.store(static_cast<uint32_t>(OwnTid()) | FUTEX_WAITERS);
    (void)::syscall(SYS_set_robust_list, &lock->head, sizeof(robust_list_head));
    ready.Notify();
    return end.Await() ? 0 : 1;
  });
  ASSERT_TRUE(ready.Await());
  const uint32_t held = lock->word.load();
  ScopedChild waiter = Fork([&] {
    // It is woken, or comes too late because the word has changed (EAGAIN). It must not stay
    // asleep.
    (void)::syscall(SYS_futex, &lock->word, FUTEX_WAIT, held, nullptr, nullptr, 0);
    return (lock->word.load() & FUTEX_OWNER_DIED) != 0 ? 0 : 1;
  });
  ASSERT_TRUE(AwaitState(waiter.Number(), "S"));
  end.Notify();
  EXPECT_EQ(waiter.Reap(), 0);
  EXPECT_EQ(owner.Reap(), 0);
}

PROMISE(ExitFutex, ClearedTidWakesItsWaiter,
        {
            .says = "The end of a CLONE_CHILD_CLEARTID child that shares memory sets the word to "
                    "zero and wakes a process that waits on it.",
            .item = "339 109",
            .authority = "set_tid_address(2); kernel/fork.c mm_release()",
        }) {
  std::atomic<int> word = 77;
  const Handshake end;
  ScopedChild child = CloneSharingMemory(SIGCHLD, [&] {
    (void)::syscall(SYS_set_tid_address, &word);
    return end.Await() ? 0 : 1;
  });
  const pid_t test = ::getpid();
  ScopedChild releaser = Fork([&] {
    if (!AwaitState(test, "S")) return 1;  // it sleeps on the word
    end.Notify();
    return 0;
  });
  while (word.load() == 77) {
    (void)::syscall(SYS_futex, &word, FUTEX_WAIT, 77, nullptr, nullptr, 0);
  }
  EXPECT_EQ(word.load(), 0);
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(releaser.Reap(), 0);
}

constexpr int kRounds = 20;

PROMISE(ExitFutex, VforkParentRunsWhenTheMemoryIsGiven,
        {
            .says = "A vfork parent runs again when its child has given up its memory, so that the "
                    "child's word of set_tid_address is already cleared.",
            .item = "341",
            .authority = "kernel/fork.c mm_release() (clear_child_tid before complete_vfork_done)",
            .kind = Kind::kLinux,
        }) {
  for (int round = 0; AnotherRound(round, kRounds); ++round) {
    std::atomic<int> word = 77;
    ScopedChild child = CloneSharingMemory(CLONE_VFORK | SIGCHLD, [&] {
      return static_cast<int>(::syscall(SYS_set_tid_address, &word)) > 0 ? 0 : 1;
    });
    EXPECT_EQ(word.load(), 0) << "round " << round;
    EXPECT_EQ(child.Reap(), 0);
  }
}

}  // namespace
}  // namespace procmark::conformance
