// SPDX-License-Identifier: MIT
// What still works after a process has split something off.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/spawning.h"
#include "conformance/vocabulary/syscall_result.h"

namespace procmark::conformance {
namespace {

// The kernel keeps the open descriptors in words of 64 bits. The lower word stays, the upper one
// goes.
constexpr int kFirstClosed = 64;
constexpr int kEnd = 128;

PROMISE(UnshareEffect, LowestFreeDescriptorAfterCloseRange,
        {
            .says = "After close_range with CLOSE_RANGE_UNSHARE the new table gives the lowest "
                    "closed number first, and the shared table keeps its descriptors.",
            .item = "386",
            .authority = "close_range(2), dup(2); fs/file.c dup_fd() (CVE-2024-45025)",
            .since = "5.9",
        }) {
  rlimit limit{};
  ASSERT_SYSCALL_SUCCEEDS(::getrlimit(RLIMIT_NOFILE, &limit));
  if (limit.rlim_cur <= kEnd) GTEST_SKIP() << "the limit of open files is below 129";
  for (int fd = 3; fd < kEnd; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0) ASSERT_EQ(::dup3(0, fd, O_CLOEXEC), fd);
  }
  const ChildChecks checks(3);
  ScopedChild child = Clone(CloneArguments{.flags = CLONE_FILES, .exit_signal = SIGCHLD}, [&] {
    CHILD_EXPECT_EQ(checks, ::syscall(SYS_close_range, kFirstClosed, ~0U, CLOSE_RANGE_UNSHARE), 0);
    CHILD_EXPECT_EQ(checks, ::dup(0), kFirstClosed);
    CHILD_EXPECT_EQ(checks, ::dup(0), kFirstClosed + 1);
  });
  ASSERT_EQ(child.Reap(), 0);
  EXPECT_SYSCALL_SUCCEEDS(::fcntl(kFirstClosed, F_GETFD));
  EXPECT_SYSCALL_SUCCEEDS(::fcntl(kEnd - 1, F_GETFD));
}

HELPER(ExitWithNine) { return 9; }

PROMISE(UnshareEffect, TimeNamespaceAllowsVforkAndSpawn,
        {
            .says = "After unshare(CLONE_NEWTIME) a vfork and a posix_spawn make children.",
            .item = "387",
            .authority = "time_namespaces(7), vfork(2); kernel/fork.c copy_process() (EINVAL until "
                         "5.19, and in 6.1 and 6.2)",
            .since = "6.3",
            .kind = Kind::kVersion,
        }) {
  if (::unshare(CLONE_NEWTIME) != 0) {
    GTEST_SKIP() << "no time namespace can be made here: " << ErrnoText(errno);
  }
  ScopedChild child = CloneSharingMemory(CLONE_VFORK | SIGCHLD, [] { return 5; });
  EXPECT_EQ(child.Reap(), 5 << 8);
  Spawn spawn;
  EXPECT_EQ(spawn.Run("ExitWithNine"), 9 << 8);
}

}  // namespace
}  // namespace procmark::conformance
