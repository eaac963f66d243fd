// SPDX-License-Identifier: MIT
// unshare(2): what it refuses, and what it splits.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>
#include <vector>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/clone_probe.h"
#include "conformance/vocabulary/descriptors.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

int UnshareError(int flags) { return ::unshare(flags) == 0 ? 0 : errno; }

PROMISE(Unshare, RefusesUnknownBits,
        {
            .says = "unshare fails with EINVAL for an unknown bit, such as those of the exit "
                    "signal's byte, CLONE_VFORK, CLONE_PARENT and CLONE_SETTLS.",
            .item = "142",
            .authority = "unshare(2) ERRORS; kernel/fork.c check_unshare_flags()",
        }) {
  const ChildChecks checks(8);
  ScopedChild child = Fork([&] {
    for (const int flag : {0x1, 0x10, CLONE_VFORK, CLONE_PARENT, CLONE_SETTLS, CLONE_PTRACE,
                           static_cast<int>(CLONE_IO)}) {
      CHILD_EXPECT_ERRNO(checks, UnshareError(flag), EINVAL);
    }
    CHILD_EXPECT_ERRNO(checks, UnshareError(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM),
                       0);  // the control
  });
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(Unshare, ThreadFlagsNeedOneThread,
        {
            .says = "unshare of CLONE_THREAD, CLONE_SIGHAND or CLONE_VM succeeds in a process with "
                    "one thread, and fails with EINVAL in one with two.",
            .item = "142",
            .authority = "unshare(2) ERRORS; kernel/fork.c check_unshare_flags()",
        }) {
  const std::vector<int> rows = {CLONE_THREAD, CLONE_SIGHAND, CLONE_VM};
  for (const int flag : rows)
    EXPECT_ERRNO(UnshareError(flag), 0) << FlagsText(static_cast<uint64_t>(flag));
  const Handshake end;
  const JoinedThread second([&] { (void)end.Await(); });
  for (const int flag : rows) {
    EXPECT_ERRNO(UnshareError(flag), EINVAL) << FlagsText(static_cast<uint64_t>(flag));
  }
  EXPECT_ERRNO(UnshareError(CLONE_FS), 0) << "the control: threads may do that";
  end.Notify();
}

PROMISE(Unshare, UserNamespaceNeedsOneThread,
        {
            .says = "unshare(CLONE_NEWUSER) by a process with two threads fails with EINVAL.",
            .item = "142",
            .authority = "unshare(2) ERRORS, user_namespaces(7); kernel/fork.c ksys_unshare()",
            .since = "3.8",
        }) {
  ScopedChild alone = Fork([] { return UnshareError(CLONE_NEWUSER); });
  const int refused = alone.Reap() >> 8;
  if (refused != 0)
    GTEST_SKIP() << "this user may not make user namespaces: " << ErrnoText(refused);
  const Handshake end;
  const JoinedThread second([&] { (void)end.Await(); });
  EXPECT_ERRNO(UnshareError(CLONE_NEWUSER), EINVAL);
  end.Notify();
}

PROMISE(Unshare, SplitsFolders,
        {
            .says = "unshare(CLONE_FS) gives a sharer its own file-system information: its later "
                    "changes do not reach the parent, and its earlier ones stay.",
            .item = "94 142",
            .authority = "unshare(2) CLONE_FS",
        }) {
  ASSERT_SYSCALL_SUCCEEDS(::chdir("/"));
  const CloneArguments arguments{.flags = CLONE_FS, .exit_signal = SIGCHLD};
  ScopedChild child = Clone(arguments, [] {
    (void)::umask(0123);
    if (::unshare(CLONE_FS) != 0) return 1;
    (void)::umask(0);
    return ::chdir("/proc");
  });
  ASSERT_EQ(child.Reap(), 0);
  char folder[PATH_MAX] = "";
  ASSERT_NE(::getcwd(folder, sizeof folder), nullptr);
  EXPECT_STREQ(folder, "/");
  EXPECT_EQ(::umask(0), 0123U);
}

PROMISE(Unshare, SplitsDescriptors,
        {
            .says = "unshare(CLONE_FILES) gives a sharer its own table: a descriptor that it "
                    "closed before is closed in the parent too, and one that it closes later stays "
                    "open there.",
            .item = "95 142",
            .authority = "unshare(2) CLONE_FILES",
        }) {
  sys::Fd before = MemoryFile();
  const sys::Fd after = MemoryFile();
  const CloneArguments arguments{.flags = CLONE_FILES, .exit_signal = SIGCHLD};
  ScopedChild child = Clone(arguments, [&] {
    if (::close(before.Get()) != 0) return 1;
    if (::unshare(CLONE_FILES) != 0) return 2;
    return ::close(after.Get()) == 0 ? 0 : 3;
  });
  ASSERT_EQ(child.Reap(), 0);
  EXPECT_SYSCALL_FAILS(::fcntl(before.Get(), F_GETFD), EBADF);
  (void)before.Release();
  EXPECT_EQ(::fcntl(after.Get(), F_GETFD), FD_CLOEXEC);
}

}  // namespace
}  // namespace procmark::conformance
