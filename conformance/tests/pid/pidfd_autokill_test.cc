// SPDX-License-Identifier: MIT
// CLONE_PIDFD_AUTOKILL (Linux 7.1): a child that ends with its pidfd.
#include <gtest/gtest.h>
#include <sched.h>

#include <cerrno>
#include <cstdint>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/clone_flags.h"
#include "conformance/vocabulary/clone_probe.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/syscall_result.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

PROMISE(PidfdAutokill, LastReferenceKills,
        {
            .says = "With CLONE_PIDFD_AUTOKILL, closing the last reference to clone's pidfd kills "
                    "the child, even if another pidfd of it is open.",
            .item = "305",
            .authority = "include/uapi/linux/sched.h CLONE_PIDFD_AUTOKILL; fs/pidfs.c",
            .since = "7.1",
            .kind = Kind::kVersion,
        }) {
  const Handshake born;
  int number = -1;
  CloneArguments arguments{.flags = CLONE_PIDFD | kCloneAutoreap | kCloneNnp | kClonePidfdAutokill};
  arguments.pidfd = reinterpret_cast<uint64_t>(&number);
  const pid_t pid = RawClone3(arguments);
  if (pid == 0) {
    born.Notify();
    PauseForever();
  }
  if (pid < 0 && errno == EINVAL) GTEST_SKIP() << "this kernel has no CLONE_PIDFD_AUTOKILL";
  ASSERT_GT(pid, 0) << ErrnoText(errno);
  sys::Fd reference(number);
  const ScopedProcess child = ScopedProcess::Open(pid);  // another pidfd
  ASSERT_TRUE(born.Await());
  {
    const sys::Result<sys::Fd> second = reference.Duplicate();
    reference.Close();
    EXPECT_FALSE(child.Ended()) << "the control: a duplicate still refers to it";
  }
  EXPECT_TRUE(child.AwaitEnd());
}

PROMISE(PidfdAutokill, NeedsItsCompanionFlags,
        {
            .says = "CLONE_PIDFD_AUTOKILL fails with EINVAL without CLONE_PIDFD or CLONE_AUTOREAP, "
                    "and with EPERM without CLONE_NNP for a caller without CAP_SYS_ADMIN.",
            .item = "138",
            .authority = "kernel/fork.c copy_process()",
            .since = "7.1",
        }) {
  if (!HasCloneAutoreap()) GTEST_SKIP() << "no CLONE_PIDFD_AUTOKILL in this kernel";
  const Shared<int> pidfd;
  const auto error_of = [&](uint64_t flags) {
    CloneArguments arguments{.flags = flags};
    arguments.pidfd = reinterpret_cast<uint64_t>(&*pidfd);
    return Clone3Error(arguments);
  };
  EXPECT_ERRNO(error_of(kClonePidfdAutokill | kCloneAutoreap | kCloneNnp), EINVAL);
  EXPECT_ERRNO(error_of(kClonePidfdAutokill | CLONE_PIDFD | kCloneNnp), EINVAL);
  const ChildChecks checks(3);
  ScopedChild plain = Fork([&] {
    CHILD_EXPECT_TRUE(checks, DropCapabilities());
    CHILD_EXPECT_ERRNO(checks, error_of(kClonePidfdAutokill | CLONE_PIDFD | kCloneAutoreap), EPERM);
    CHILD_EXPECT_ERRNO(checks,
                       error_of(kClonePidfdAutokill | CLONE_PIDFD | kCloneAutoreap | kCloneNnp), 0);
  });
  EXPECT_EQ(plain.Reap(), 0);
}

}  // namespace
}  // namespace procmark::conformance
