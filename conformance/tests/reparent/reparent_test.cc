// SPDX-License-Identifier: MIT
// Where orphans go, to init or to a subreaper, and what stays the same for them.
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/signals.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/tasks.h"

namespace procmark::conformance {
namespace {

// A process between the test and the orphan. It forks the orphan, reports its pid, and ends on
// request.
struct Family {
  Shared<std::atomic<pid_t>> orphan;
  Handshake born;     // the orphan exists and its pid is known
  Handshake end;      // ends the middle process
  Handshake release;  // ends the orphan
};

// The body of the middle process.
void ForkOrphanAndEnd(const Family& family) {
  const pid_t pid = ::fork();
  if (pid < 0) ThrowErrno("fork", errno);
  if (pid == 0) ::_exit(family.release.Await() ? 7 : 1);
  family.orphan->store(pid);
  family.born.Notify();
  (void)family.end.Await();
  ::_exit(0);  // leaves the orphan behind on purpose
}

PROMISE(Reparent, OrphanGoesToNearestSubreaper,
        {
            .says = "An orphan goes to its nearest living ancestor that has set "
                    "PR_SET_CHILD_SUBREAPER instead of init, and that ancestor can wait for it.",
            .item = "230",
            .authority = "prctl(2) PR_SET_CHILD_SUBREAPER; kernel/exit.c find_new_reaper()",
            .since = "3.4",
        }) {
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_CHILD_SUBREAPER, 1));
  const Family family;
  ScopedChild middle = Fork([&] { ForkOrphanAndEnd(family); });
  ASSERT_TRUE(family.born.Await());
  const pid_t orphan = family.orphan->load();
  EXPECT_EQ(Stat(orphan).ParentPid(), middle.Number());
  family.end.Notify();
  EXPECT_EQ(middle.Reap(), 0);
  EXPECT_EQ(Stat(orphan).ParentPid(), ::getpid());
  family.release.Notify();
  const Waited waited = Wait4(orphan, 0);
  EXPECT_EQ(waited.pid, orphan);
  EXPECT_EQ(waited.status, 7 << 8);
}

PROMISE(Reparent, OrphanGoesToInnerOfTwoSubreapers,
        {
            .says = "An orphan with two subreapers above it goes to the inner one.",
            .item = "231",
            .authority = "prctl(2) PR_SET_CHILD_SUBREAPER; kernel/exit.c find_new_reaper()",
            .since = "3.4",
        }) {
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_CHILD_SUBREAPER, 1));
  const Family family;
  ChildChecks checks(3);
  ScopedChild inner = Fork([&] {
    CHILD_EXPECT_SYSCALL_SUCCEEDS(checks, ::prctl(PR_SET_CHILD_SUBREAPER, 1));
    ScopedChild middle = Fork([&] { ForkOrphanAndEnd(family); });
    (void)family.born.Await();
    family.end.Notify();
    (void)middle.Reap();
    CHILD_EXPECT_EQ(checks, Stat(family.orphan->load()).ParentPid(), ::getpid());
    family.release.Notify();
    CHILD_EXPECT_EQ(checks, Wait4(family.orphan->load(), 0).pid, family.orphan->load());
  });
  EXPECT_EQ(inner.Reap(), 0);
  EXPECT_SYSCALL_FAILS(Wait4(-1, __WALL), ECHILD) << "the outer subreaper got no child";
}

PROMISE(Reparent, SubreaperServesDeepDescendants,
        {
            .says = "A subreaper adopts an orphan at every depth of the tree below it.",
            .item = "232",
            .authority = "kernel/fork.c copy_process() (has_child_subreaper is inherited)",
            .since = "3.4",
        }) {
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_CHILD_SUBREAPER, 1));
  const Family family;
  ScopedChild top = Fork([&] {
    ScopedChild second = Fork([&] {
      ScopedChild middle = Fork([&] { ForkOrphanAndEnd(family); });
      return middle.Reap();
    });
    return second.Reap();
  });
  ASSERT_TRUE(family.born.Await());
  const ScopedProcess orphan = ScopedProcess::Open(family.orphan->load());
  family.end.Notify();
  EXPECT_EQ(top.Reap(), 0);
  EXPECT_EQ(Stat(orphan.Number()).ParentPid(), ::getpid());
  family.release.Notify();
  EXPECT_EQ(Wait4(orphan.Number(), 0).status, 7 << 8);
}

PROMISE(Reparent, SubreaperSetLateServesExistingDescendants,
        {
            .says = "PR_SET_CHILD_SUBREAPER also takes effect for descendants that were forked "
                    "before it was set.",
            .item = "233",
            .authority = "kernel/sys.c propagate_has_child_subreaper()",
            .since = "4.11",
        }) {
  const Family family;
  ScopedChild middle = Fork([&] { ForkOrphanAndEnd(family); });
  ASSERT_TRUE(family.born.Await());
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_CHILD_SUBREAPER, 1));
  family.end.Notify();
  EXPECT_EQ(middle.Reap(), 0);
  EXPECT_EQ(Stat(family.orphan->load()).ParentPid(), ::getpid());
  family.release.Notify();
  EXPECT_EQ(Wait4(family.orphan->load(), 0).status, 7 << 8);
}

PROMISE(Reparent, OrphanSeesItsNewParent,
        {
            .says = "getppid in an orphan returns its first parent before the reparenting and its "
                    "new parent after it.",
            .item = "230",
            .authority = "getppid(2) (Notes); kernel/exit.c forget_original_parent()",
        }) {
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_CHILD_SUBREAPER, 1));
  const pid_t test = ::getpid();
  const Handshake looked;
  const Handshake release;
  ScopedChild middle = Fork([&] {
    const pid_t parent = ::getpid();
    if (::fork() != 0) ::_exit(looked.Await() ? 0 : 1);
    const bool right_before = ::getppid() == parent;
    looked.Notify();
    const bool released = release.Await();
    ::_exit(right_before && released && ::getppid() == test ? 7 : 1);
  });
  EXPECT_EQ(middle.Reap(), 0);
  release.Notify();
  EXPECT_EQ(Wait4(-1, 0).status, 7 << 8);
}

PROMISE(Reparent, OrphanGoesToNamespaceInit,
        {
            .says = "Without a subreaper an orphan goes to the init of its pid namespace and not "
                    "to its grandparent.",
            .item = "234",
            .authority = "pid_namespaces(7); kernel/exit.c find_child_reaper()",
        }) {
  if (!InOwnPidNamespace()) GTEST_SKIP() << "needs its own pid namespace";
  const Family family;
  ScopedChild middle = Fork([&] { ForkOrphanAndEnd(family); });
  ASSERT_TRUE(family.born.Await());
  const ScopedProcess orphan = ScopedProcess::Open(family.orphan->load());
  family.end.Notify();
  EXPECT_EQ(middle.Reap(), 0);
  EXPECT_EQ(Stat(orphan.Number()).ParentPid(), 1);
  EXPECT_SYSCALL_FAILS(Wait4(orphan.Number(), WNOHANG), ECHILD)
      << "a grandparent cannot wait for it";
}

PROMISE(Reparent, ZombieOrphanGoesToSubreaper,
        {
            .says = "When a parent ends without waiting for a zombie, the zombie goes to the new "
                    "parent, which gets SIGCHLD for it and reaps its status.",
            .item = "240",
            .authority = "kernel/exit.c reparent_leader()",
        }) {
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_CHILD_SUBREAPER, 1));
  const Shared<std::atomic<pid_t>> orphan;
  ScopedChild middle = Fork([&] {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(9);
    orphan->store(pid);
    // WNOWAIT leaves a zombie.
    (void)WaitId(P_PID, pid, WEXITED | WNOWAIT);
    ::_exit(0);
  });
  EXPECT_EQ(middle.Reap(), 0);
  EXPECT_EQ(Stat(orphan->load()).state, 'Z');
  EXPECT_EQ(Stat(orphan->load()).ParentPid(), ::getpid());
  EXPECT_EQ(Wait4(orphan->load(), WNOHANG).status, 9 << 8);
}

PROMISE(Reparent, ExitSignalBecomesSigchld,
        {
            .says = "Reparenting resets the exit signal of an orphan to SIGCHLD.",
            .item = "242",
            .authority = "kernel/exit.c reparent_leader()",
            .kind = Kind::kLinux,
        }) {
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_CHILD_SUBREAPER, 1));
  const Shared<std::atomic<pid_t>> orphan;
  const Handshake release;
  const Handshake end;
  const Handshake born;
  ScopedChild middle = Fork([&] {
    const CloneArguments arguments{.exit_signal = SIGUSR1};
    const pid_t pid = RawClone3(arguments);
    if (pid == 0) ::_exit(release.Await() ? 3 : 1);
    orphan->store(pid);
    born.Notify();
    (void)end.Await();
    ::_exit(0);
  });
  ASSERT_TRUE(born.Await());
  EXPECT_EQ(Stat(orphan->load()).ExitSignal(), SIGUSR1);
  end.Notify();
  EXPECT_EQ(middle.Reap(), 0);
  EXPECT_EQ(Stat(orphan->load()).ExitSignal(), SIGCHLD);
  release.Notify();
  EXPECT_EQ(Wait4(orphan->load(), 0).status, 3 << 8) << "a plain wait finds it now";
}

PROMISE(Reparent, ZombieOrphanOfIgnoringParentIsReapedByItself,
        {
            .says = "A zombie whose new parent ignores SIGCHLD is reaped automatically.",
            .item = "241",
            .authority = "kernel/exit.c reparent_leader() do_notify_parent()",
            .kind = Kind::kLinux,
        }) {
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_CHILD_SUBREAPER, 1));
  const Shared<std::atomic<pid_t>> orphan;
  const Handshake end;
  ScopedChild middle = Fork([&] {
    (void)::signal(SIGCHLD, SIG_DFL);
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(9);
    orphan->store(pid);
    (void)WaitId(P_PID, pid, WEXITED | WNOWAIT);
    (void)end.Await();
    ::_exit(0);
  });
  (void)::signal(SIGCHLD, SIG_IGN);
  end.Notify();
  EXPECT_SYSCALL_FAILS(Wait4(-1, 0), ECHILD) << "both are reaped automatically";
  EXPECT_TRUE(AwaitGone(orphan->load()));
  EXPECT_GT(middle.Number(), 0);
}

PROMISE(Reparent, DeathSignalIsSentAtEveryReparenting,
        {
            .says = "The signal of PR_SET_PDEATHSIG is sent each time the process gets a new "
                    "parent.",
            .item = "244",
            .authority = "kernel/exit.c forget_original_parent()",
            .kind = Kind::kLinux,
        }) {
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_CHILD_SUBREAPER, 1));
  const Handshake armed;
  const Handshake inner_may_end;
  const Handshake outer_may_end;
  const Handshake taken;
  const Shared<std::atomic<pid_t>> orphan;
  // test (subreaper) -> outer (subreaper) -> inner -> orphan
  ScopedChild outer = Fork([&] {
    (void)::prctl(PR_SET_CHILD_SUBREAPER, 1);
    ScopedChild inner = Fork([&] {
      const pid_t pid = ::fork();
      if (pid == 0) {
        const sigset_t set = SetOf({SIGUSR1});
        (void)::sigprocmask(SIG_BLOCK, &set, nullptr);
        (void)::prctl(PR_SET_PDEATHSIG, SIGUSR1);
        armed.Notify();
        int signals = 0;
        for (siginfo_t info{}; signals < 2 && ::sigwaitinfo(&set, &info) == SIGUSR1;) {
          ++signals;
          taken.Notify();
        }
        ::_exit(signals);
      }
      orphan->store(pid);
      (void)inner_may_end.Await();
      ::_exit(0);
    });
    (void)inner.Reap();
    (void)outer_may_end.Await();
    ::_exit(0);
  });
  ASSERT_TRUE(armed.Await());
  inner_may_end.Notify();
  ASSERT_TRUE(taken.Await()) << "the first";
  outer_may_end.Notify();
  EXPECT_EQ(outer.Reap(), 0);
  ASSERT_TRUE(taken.Await()) << "the second";
  EXPECT_EQ(Wait4(orphan->load(), 0).status, 2 << 8);
}

PROMISE(Reparent, StoppedOrphanStaysStopped,
        {
            .says = "A stopped orphan stays stopped when its process group does not become "
                    "orphaned.",
            .item = "245",
            .authority = "kernel/exit.c reparent_leader()",
            .kind = Kind::kLinux,
        }) {
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_CHILD_SUBREAPER, 1));
  const pid_t group =
      ::getpgrp();  // the reaper, in another group, connects this group to the session
  const Shared<std::atomic<pid_t>> orphan;
  ScopedChild middle = Fork([&] {
    ScopedChild child = Fork([&] {
      (void)::setpgid(0, group);
      PauseForever();
    });
    (void)child.Signal(SIGSTOP);
    (void)child.AwaitStop();
    orphan->store(child.Number());
    ::_exit(0);
  });
  EXPECT_EQ(middle.Reap(), 0);
  {
    const ScopedProcess stopped = ScopedProcess::Open(orphan->load());
    EXPECT_EQ(Stat(stopped.Number()).ParentPid(), ::getpid());
    EXPECT_TRUE(AwaitState(stopped.Number(), "T"));
  }
  EXPECT_EQ(Wait4(orphan->load(), 0).status, SIGKILL);
}

}  // namespace
}  // namespace procmark::conformance
