// SPDX-License-Identifier: MIT
// Init as its processes see it. In a guest these tests run beside the guest's own PID 1. Elsewhere
// the init is the runner's reaper, which is pid 1 of a fresh namespace.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/machine_setting.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/signals.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/tasks.h"

namespace procmark::conformance {
namespace {

// These tests must not run beside the init of a machine that is not a guest of procmark.
#define SKIP_WITHOUT_OUR_INIT()                                                                  \
  if (!InOwnPidNamespace() && !UnderTheGuestsInit()) {                                           \
    GTEST_SKIP() << "needs a pid namespace of its own, or a guest whose PID 1 is procmark-init"; \
  }                                                                                              \
  static_assert(true)

constexpr pid_t kInit = 1;

PROMISE(RealInit, HasNoParent,
        {
            .says = "Init is process 1, has no parent and is in the pid namespace of its "
                    "processes, which is the initial one in a guest.",
            .item = "234",
            .authority = "pid_namespaces(7); init/main.c rest_init()",
            .tags = "core init",
        }) {
  SKIP_WITHOUT_OUR_INIT();
  EXPECT_EQ(Stat(kInit).ParentPid(), 0);
  struct stat own {};
  struct stat inits {};
  ASSERT_SYSCALL_SUCCEEDS(::stat("/proc/self/ns/pid", &own));
  if (::stat("/proc/1/ns/pid", &inits) == 0) {
    EXPECT_EQ(inits.st_ino, own.st_ino);
  } else {
    EXPECT_NE(::geteuid(), 0U) << "only an ordinary user may be refused";
  }
  if (MayChangeTheMachine()) {
    EXPECT_TRUE(UnderTheGuestsInit()) << "in a guest this test runs beside the real init";
    EXPECT_FALSE(InOwnPidNamespace());
  }
}

// A process that ends and leaves kCount children behind, each of which lives until `release`.
struct Orphans {
  static constexpr int kCount = 3;
  Shared<std::atomic<pid_t>> pids[kCount];
  Shared<std::atomic<pid_t>> grandchild;  // a child of the first one
  Handshake born;
  Handshake end;
  Handshake release;
};

void ForkOrphans(const Orphans& orphans) {
  for (const auto& slot : orphans.pids) {
    const pid_t pid = ::fork();
    if (pid < 0) ThrowErrno("fork", errno);
    if (pid > 0) {
      slot->store(pid);
      continue;
    }
    if (&slot == &orphans.pids[0]) {
      const pid_t below = ::fork();
      if (below == 0) ::_exit(orphans.release.Await() ? 0 : 1);
      orphans.grandchild->store(below);
      orphans.born.Notify();
    }
    ::_exit(orphans.release.Await() ? 0 : 1);
  }
  (void)orphans.end.Await();
  ::_exit(0);
}

PROMISE(RealInit, AdoptsOrphansButNotTheirChildren,
        {
            .says = "When a process ends, all its children go to init, which alone may wait for "
                    "them, and their own children stay with them.",
            .item = "234 239",
            .authority = "kernel/exit.c forget_original_parent() find_child_reaper()",
            .tags = "core init",
        }) {
  SKIP_WITHOUT_OUR_INIT();
  const Orphans orphans;
  ScopedChild middle = Fork([&] { ForkOrphans(orphans); });
  ASSERT_TRUE(orphans.born.Await());
  orphans.end.Notify();
  EXPECT_EQ(middle.Reap(), 0);
  for (const auto& slot : orphans.pids) {
    ASSERT_GT(slot->load(), 1);
    EXPECT_EQ(Stat(slot->load()).ParentPid(), kInit);
    EXPECT_SYSCALL_FAILS(Wait4(slot->load(), WNOHANG), ECHILD);
  }
  EXPECT_EQ(Stat(orphans.grandchild->load()).ParentPid(), orphans.pids[0]->load());
  for (int i = 0; i < Orphans::kCount + 1; ++i) orphans.release.Notify();
  for (const auto& slot : orphans.pids) EXPECT_TRUE(AwaitGone(slot->load()));
  EXPECT_TRUE(AwaitGone(orphans.grandchild->load()));
}

PROMISE(RealInit, ReapsAZombieThatItInherits,
        {
            .says = "A zombie whose parent ends without waiting disappears when init has adopted "
                    "it.",
            .item = "240",
            .authority = "kernel/exit.c reparent_leader(); kernel/signal.c do_notify_parent()",
            .tags = "core init",
        }) {
  SKIP_WITHOUT_OUR_INIT();
  const Shared<std::atomic<pid_t>> zombie;
  const Handshake ready;
  const Handshake end;
  ScopedChild middle = Fork([&] {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(9);
    zombie->store(pid);
    (void)WaitId(P_PID, pid, WEXITED | WNOWAIT);
    ready.Notify();
    (void)end.Await();
    ::_exit(0);  // leaves the zombie on purpose
  });
  ASSERT_TRUE(ready.Await());
  EXPECT_EQ(Stat(zombie->load()).state, 'Z');
  EXPECT_EQ(Stat(zombie->load()).ParentPid(), middle.Number());
  end.Notify();
  EXPECT_EQ(middle.Reap(), 0);
  EXPECT_TRUE(AwaitGone(zombie->load()));
}

PROMISE(RealInit, AdoptedDaemonKeepsItsSession,
        {
            .says = "A daemon that made its own session keeps its session and group when init "
                    "adopts it.",
            .item = "234",
            .authority = "setsid(2); kernel/exit.c reparent_leader()",
            .tags = "core init",
        }) {
  SKIP_WITHOUT_OUR_INIT();
  const Shared<std::atomic<pid_t>> daemon;
  const Handshake ready;
  const Handshake release;
  ScopedChild middle = Fork([&] {
    const pid_t pid = ::fork();
    if (pid == 0) {
      daemon->store(::setsid());
      ready.Notify();
      ::_exit(release.Await() ? 0 : 1);
    }
    ::_exit(0);
  });
  EXPECT_EQ(middle.Reap(), 0);
  ASSERT_TRUE(ready.Await());
  const pid_t pid = daemon->load();
  ASSERT_GT(pid, 1);
  EXPECT_EQ(Stat(pid).ParentPid(), kInit);
  EXPECT_EQ(Stat(pid).Session(), pid);
  EXPECT_EQ(Stat(pid).ProcessGroup(), pid);
  release.Notify();
  EXPECT_TRUE(AwaitGone(pid));
}

PROMISE(RealInit, CannotBeKilledOrStoppedFromInside,
        {
            .says = "SIGKILL, SIGSTOP and other signals that init does not handle are dropped when "
                    "a process of its namespace sends them: the call succeeds, nothing stays "
                    "pending, and init still adopts and reaps.",
            .item = "250",
            .authority = "kill(2) (Notes); kernel/signal.c sig_task_ignored() (SIGNAL_UNKILLABLE)",
            .tags = "core init",
        }) {
  SKIP_WITHOUT_OUR_INIT();
  if (const sys::Result<void> sent = SignalProcess(kInit, 0); !sent) {
    GTEST_SKIP() << "this user may not signal init: " << sent.Failure().Text();
  }
  for (const int signal : {SIGKILL, SIGSTOP, SIGTERM, SIGINT, SIGTSTP, SIGABRT}) {
    EXPECT_SYSCALL_SUCCEEDS(SignalProcess(kInit, signal)) << signal;
  }
  EXPECT_TRUE(AwaitState(kInit, "S"));
  EXPECT_EQ(MaskOf(kInit, "SigPnd"), 0U);
  EXPECT_EQ(MaskOf(kInit, "ShdPnd"), 0U);
  const Shared<std::atomic<pid_t>> orphan;
  ScopedChild middle = Fork([&] {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(0);
    orphan->store(pid);
    ::_exit(0);
  });
  EXPECT_EQ(middle.Reap(), 0);
  ASSERT_GT(orphan->load(), 1);
  EXPECT_TRUE(AwaitGone(orphan->load())) << "init no longer reaps";
}

}  // namespace
}  // namespace procmark::conformance
