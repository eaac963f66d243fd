// SPDX-License-Identifier: MIT
// CLONE_AUTOREAP (Linux 7.1): children that the kernel reaps by itself.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/clone_flags.h"
#include "conformance/vocabulary/clone_probe.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/signals.h"
#include "conformance/vocabulary/syscall_result.h"

namespace procmark::conformance {
namespace {

PROMISE(CloneAutoreap, LeavesNothingToWaitFor,
        {
            .says = "A CLONE_AUTOREAP child leaves no zombie, sends no SIGCHLD and cannot be "
                    "waited for, although its parent does not ignore SIGCHLD.",
            .item = "137 228",
            .authority = "kernel/exit.c exit_notify()",
            .since = "7.1",
        }) {
  if (!HasCloneAutoreap()) GTEST_SKIP() << "no CLONE_AUTOREAP in this kernel";
  const sigset_t set = SetOf({SIGCHLD});
  ASSERT_SYSCALL_SUCCEEDS(::sigprocmask(SIG_BLOCK, &set, nullptr));
  const CloneArguments arguments{.flags = kCloneAutoreap};
  const ScopedChild child = Clone(arguments, [] { return 0; });
  EXPECT_SYSCALL_FAILS(Wait4(child.Number(), __WALL), ECHILD);
  EXPECT_TRUE(AwaitGone(child.Number()));
  sigset_t pending;
  ASSERT_SYSCALL_SUCCEEDS(::sigpending(&pending));
  EXPECT_EQ(::sigismember(&pending, SIGCHLD), 0);
}

PROMISE(CloneAutoreap, ForbidsExitSignalThreadAndParent,
        {
            .says = "CLONE_AUTOREAP fails with EINVAL together with an exit signal, with "
                    "CLONE_THREAD or with CLONE_PARENT.",
            .item = "138",
            .authority = "kernel/fork.c copy_process()",
            .since = "7.1",
        }) {
  if (!HasCloneAutoreap()) GTEST_SKIP() << "no CLONE_AUTOREAP in this kernel";
  EXPECT_ERRNO(Clone3FlagsError(kCloneAutoreap, SIGCHLD), EINVAL);
  EXPECT_ERRNO(Clone3FlagsError(kCloneAutoreap | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, 0),
               EINVAL);
  EXPECT_ERRNO(Clone3FlagsError(kCloneAutoreap | CLONE_PARENT, 0), EINVAL);
}

#define SKIP_WITHOUT_AUTOREAP() \
  if (Clone3FlagsError(kCloneAutoreap, 0) != 0) GTEST_SKIP() << "no CLONE_AUTOREAP in this kernel"

CloneArguments AutoReaped() {
  const CloneArguments arguments{.flags = kCloneAutoreap};
  return arguments;
}

PROMISE(CloneAutoreap, IsNotInherited,
        {
            .says = "The child of a CLONE_AUTOREAP process is an ordinary one, which is a zombie "
                    "until its parent waits for it.",
            .item = "228",
            .authority = "include/uapi/linux/sched.h CLONE_AUTOREAP; kernel/fork.c copy_process()",
            .since = "7.1",
        }) {
  SKIP_WITHOUT_AUTOREAP();
  ChildChecks checks(2);
  const ScopedChild parent = Clone(AutoReaped(), [&] {
    ScopedChild child = Fork([] { return 7; });
    (void)child.AwaitZombie();
    CHILD_EXPECT_EQ(checks, Stat(child.Number()).state, 'Z');
    CHILD_EXPECT_EQ(checks, child.Reap(), 7 << 8);
  });
  EXPECT_SYSCALL_FAILS(Wait4(parent.Number(), __WALL), ECHILD);
  checks.Verify();
}

PROMISE(CloneAutoreap, SurvivesReparenting,
        {
            .says = "A CLONE_AUTOREAP process whose parent died leaves no zombie for its new "
                    "parent.",
            .item = "228",
            .authority = "include/uapi/linux/sched.h CLONE_AUTOREAP; kernel/exit.c exit_notify()",
            .since = "7.1",
        }) {
  SKIP_WITHOUT_AUTOREAP();
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_CHILD_SUBREAPER, 1));
  const Shared<std::atomic<pid_t>> orphan;
  const Shared<std::atomic<pid_t>> plain_orphan;
  const Handshake end;
  ScopedChild middle = Fork([&] {
    const pid_t pid = RawClone3(AutoReaped());
    if (pid == 0) ::_exit(end.Await() ? 0 : 1);
    orphan->store(pid);
    const pid_t plain = ::fork();
    if (plain == 0) ::_exit(end.Await() ? 6 : 1);
    plain_orphan->store(plain);
    ::_exit(0);
  });
  EXPECT_EQ(middle.Reap(), 0);
  ASSERT_GT(orphan->load(), 0);
  EXPECT_EQ(Stat(orphan->load()).ParentPid(), ::getpid());
  end.Notify();
  end.Notify();
  EXPECT_SYSCALL_FAILS(Wait4(orphan->load(), __WALL), ECHILD);
  EXPECT_TRUE(AwaitGone(orphan->load()));
  EXPECT_EQ(Wait4(plain_orphan->load(), 0).status, 6 << 8)
      << "the control: it was adopted and became a zombie";
}

PROMISE(CloneAutoreap, ProcessMakesNoSiblings,
        {
            .says = "CLONE_PARENT by a CLONE_AUTOREAP process fails with EINVAL.",
            .item = "138",
            .authority = "kernel/fork.c copy_process()",
            .since = "7.1",
        }) {
  SKIP_WITHOUT_AUTOREAP();
  ChildChecks checks(2);
  const ScopedChild child = Clone(AutoReaped(), [&] {
    CHILD_EXPECT_ERRNO(checks, Clone3FlagsError(CLONE_PARENT, 0), EINVAL);
    CHILD_EXPECT_ERRNO(checks, Clone3FlagsError(0, SIGCHLD), 0);
  });
  EXPECT_SYSCALL_FAILS(Wait4(child.Number(), __WALL), ECHILD);
  checks.Verify();
}

}  // namespace
}  // namespace procmark::conformance
