// SPDX-License-Identifier: MIT
// The flags of clone3(2) that make namespaces.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/clone_flags.h"
#include "conformance/vocabulary/clone_probe.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"

namespace procmark::conformance {
namespace {

PROMISE(CloneNamespace, NewMountNamespaceForbidsFs,
        {
            .says = "CLONE_NEWNS with CLONE_FS fails with EINVAL, with and without privilege.",
            .item = "117",
            .authority = "clone(2) ERRORS; kernel/fork.c copy_process()",
        }) {
  ExpectInvalidFlags(CLONE_NEWNS | CLONE_FS, SIGCHLD);
  const ChildChecks checks(3);
  ScopedChild plain = Fork([&] {
    CHILD_EXPECT_TRUE(checks, DropCapabilities());
    CHILD_EXPECT_ERRNO(checks, Clone3FlagsError(CLONE_NEWNS | CLONE_FS, SIGCHLD), EINVAL);
    CHILD_EXPECT_ERRNO(checks, Clone3FlagsError(CLONE_NEWNS, SIGCHLD), EPERM);  // the control
  });
  EXPECT_EQ(plain.Reap(), 0);
}

PROMISE(CloneNamespace, NewUserNamespaceForbidsFs,
        {
            .says = "CLONE_NEWUSER with CLONE_FS fails with EINVAL, with and without privilege.",
            .item = "117",
            .authority = "clone(2) ERRORS; kernel/fork.c copy_process()",
            .since = "3.9",
        }) {
  ExpectInvalidFlags(CLONE_NEWUSER | CLONE_FS, SIGCHLD);
  const ChildChecks checks(2);
  ScopedChild plain = Fork([&] {
    CHILD_EXPECT_TRUE(checks, DropCapabilities());
    CHILD_EXPECT_ERRNO(checks, Clone3FlagsError(CLONE_NEWUSER | CLONE_FS, SIGCHLD), EINVAL);
  });
  EXPECT_EQ(plain.Reap(), 0);
}

PROMISE(CloneNamespace, NewIpcNamespaceForbidsSysvsem,
        {
            .says = "CLONE_NEWIPC with CLONE_SYSVSEM fails with EINVAL, and each alone is "
                    "accepted.",
            .item = "119",
            .authority = "clone(2) ERRORS; kernel/nsproxy.c copy_namespaces()",
        }) {
  if (Clone3FlagsError(CLONE_NEWIPC, SIGCHLD) == EPERM) {
    GTEST_SKIP() << "a new ipc namespace needs CAP_SYS_ADMIN";
  }
  EXPECT_ERRNO(Clone3FlagsError(CLONE_NEWIPC, SIGCHLD), 0);
  EXPECT_ERRNO(Clone3FlagsError(CLONE_SYSVSEM, SIGCHLD), 0);
  for (const uint64_t others : HarmlessFlags()) {
    const uint64_t all = CLONE_NEWIPC | CLONE_SYSVSEM | others;
    EXPECT_ERRNO(Clone3FlagsError(all, SIGCHLD), EINVAL) << FlagsText(all);
  }
}

PROMISE(CloneNamespace, NamespacesNeedPrivilege,
        {
            .says = "Without CAP_SYS_ADMIN every flag for a new namespace except CLONE_NEWUSER "
                    "fails with EPERM.",
            .item = "141",
            .authority = "namespaces(7), clone(2) ERRORS; kernel/nsproxy.c copy_namespaces()",
        }) {
  const ChildChecks checks(8);
  ScopedChild plain = Fork([&] {
    CHILD_EXPECT_TRUE(checks, DropCapabilities());
    for (const uint64_t flag :
         {uint64_t{CLONE_NEWNS}, uint64_t{CLONE_NEWUTS}, uint64_t{CLONE_NEWIPC},
          uint64_t{CLONE_NEWPID}, uint64_t{CLONE_NEWNET}, uint64_t{CLONE_NEWCGROUP}}) {
      CHILD_EXPECT_ERRNO(checks, Clone3FlagsError(flag, SIGCHLD), EPERM);
    }
    CHILD_EXPECT_ERRNO(checks, Clone3FlagsError(CLONE_FILES, SIGCHLD), 0);  // the control
  });
  EXPECT_EQ(plain.Reap(), 0);
}

PROMISE(CloneNamespace, UserNamespaceGivesThePrivilege,
        {
            .says = "Without privilege CLONE_NEWUSER together with another new namespace is "
                    "accepted, because the kernel makes the user namespace first.",
            .item = "141 363",
            .authority = "user_namespaces(7); kernel/cred.c copy_creds() before copy_namespaces()",
            .since = "3.8",
        }) {
  ScopedChild probe =
      Fork([] { return DropCapabilities() ? Clone3FlagsError(CLONE_NEWUSER, SIGCHLD) : EPROTO; });
  const int refused = probe.Reap() >> 8;
  if (refused != 0)
    GTEST_SKIP() << "an ordinary user may not make user namespaces here: " << ErrnoText(refused);
  const ChildChecks checks(5);
  ScopedChild plain = Fork([&] {
    CHILD_EXPECT_TRUE(checks, DropCapabilities());
    for (const uint64_t flag : {uint64_t{CLONE_NEWNS}, uint64_t{CLONE_NEWUTS},
                                uint64_t{CLONE_NEWIPC}, uint64_t{CLONE_NEWPID}}) {
      CHILD_EXPECT_ERRNO(checks, Clone3FlagsError(CLONE_NEWUSER | flag, SIGCHLD), 0);
    }
  });
  EXPECT_EQ(plain.Reap(), 0);
}

// The manual page says EINVAL, but every kernel that was tried accepts the flags.
PROMISE(CloneNamespace, NewNamespacesMayGoToASibling,
        {
            .says = "CLONE_NEWPID and CLONE_NEWUSER are accepted together with CLONE_PARENT, and "
                    "the new namespace's first process is the caller's sibling.",
            .item = "143",
            .authority = "kernel/fork.c copy_process()",
            .kind = Kind::kLinux,
        }) {
  for (const uint64_t flag : {uint64_t{CLONE_NEWPID}, uint64_t{CLONE_NEWUSER}}) {
    if (const int error = Clone3FlagsError(flag, SIGCHLD); error != 0) {
      GTEST_SKIP() << FlagsText(flag) << " fails for this user: " << ErrnoText(error);
    }
  }
  const ChildChecks checks(1);
  ScopedChild caller = Fork([&] {
    for (const uint64_t flag : {uint64_t{CLONE_NEWPID}, uint64_t{CLONE_NEWUSER}}) {
      const CloneArguments arguments{.flags = CLONE_PARENT | flag};
      const pid_t pid = RawClone3(arguments);
      if (pid == 0) {
        if (flag == CLONE_NEWPID) CHILD_EXPECT_EQ(checks, ::getpid(), 1);
        ::_exit(24);
      }
      if (pid < 0) return errno;
    }
    return 0;
  });
  EXPECT_EQ(caller.Reap(), 0) << "the exit status is an errno";
  for (int sibling = 0; sibling < 2; ++sibling) {
    const Waited waited = Wait4(-1, 0);
    EXPECT_GT(waited.pid, 0);
    EXPECT_EQ(waited.status, 24 << 8);
  }
}

PROMISE(CloneNamespace, EmptyMountNamespaceHasNothing,
        {
            .says = "CLONE_EMPTY_MNTNS puts the child into a mount namespace with an empty root, "
                    "where it finds no /proc, and leaves the parent's mounts alone.",
            .item = "137",
            .authority = "include/uapi/linux/sched.h CLONE_EMPTY_MNTNS; fs/namespace.c",
            .since = "7.1",
        }) {
  const auto body = [] { return ::access("/proc", F_OK) == 0 ? 1 : errno; };
  const CloneArguments arguments{.flags = kCloneEmptyMntns, .exit_signal = SIGCHLD};
  const pid_t pid = RawClone3(arguments);
  if (pid == 0) ::_exit(body());
  if (pid < 0 && errno == EINVAL) GTEST_SKIP() << "no CLONE_EMPTY_MNTNS in this kernel";
  if (pid < 0 && errno == EPERM) GTEST_SKIP() << "this user may not make mount namespaces here";
  ASSERT_GT(pid, 0) << ErrnoText(errno);
  EXPECT_ERRNO(Wait4(pid, 0).status >> 8, ENOENT);
  EXPECT_SYSCALL_SUCCEEDS(::access("/proc/self", F_OK));
  EXPECT_EQ(Fork(body).Reap(), 1 << 8) << "the control: a child without the flag";
}

}  // namespace
}  // namespace procmark::conformance
