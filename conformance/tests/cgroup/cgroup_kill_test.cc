// SPDX-License-Identifier: MIT
// cgroup.kill: which processes it ends.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

#include "conformance/vocabulary/cgroup.h"
#include "conformance/vocabulary/children.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/test_deadline.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

#define SKIP_WITHOUT_KILL(cgroup) \
  if (!(cgroup)->Has("cgroup.kill")) GTEST_SKIP() << "this kernel has no cgroup.kill (Linux 5.14)"

PROMISE(CgroupKill, EndsEveryMember,
        {
            .says = "cgroup.kill sends SIGKILL to every process of the cgroup and of the cgroups "
                    "below it, and to no other.",
            .item = "362",
            .authority = "Documentation/admin-guide/cgroup-v2.rst cgroup.kill",
            .since = "5.14",
        }) {
  OWN_CGROUP(cgroup);
  SKIP_WITHOUT_KILL(cgroup);
  const std::string below = cgroup->Path() + "/below";
  ASSERT_SYSCALL_SUCCEEDS(::mkdir(below.c_str(), 0755));
  const sys::Fd folder(::open(below.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  {
    ScopedChild member = Clone(IntoCgroup(*cgroup), PauseForever);
    ScopedChild deeper = Clone(IntoCgroup(folder.Get()), PauseForever);
    const Handshake end;
    ScopedChild outside = ForkUntil(end);
    ASSERT_ERRNO(cgroup->Write("cgroup.kill", "1"), 0);
    EXPECT_EQ(member.Reap(), SIGKILL);
    EXPECT_EQ(deeper.Reap(), SIGKILL);
    end.Notify();
    EXPECT_EQ(outside.Reap(), 0);
  }
  EXPECT_SYSCALL_SUCCEEDS(::rmdir(below.c_str()));
}

PROMISE(CgroupKill, LeavesNoForkerBehind,
        {
            .says = "cgroup.kill ends processes that fork without pause, together with every child "
                    "that is being forked.",
            .item = "362 270",
            .authority = "Documentation/admin-guide/cgroup-v2.rst cgroup.kill; "
                         "kernel/cgroup/cgroup.c cgroup_kill()",
            .since = "5.14",
            .tags = "race",
        }) {
  OWN_CGROUP(cgroup);
  SKIP_WITHOUT_KILL(cgroup);
  for (int round = 0; AnotherRound(round, 20); ++round) {
    const Handshake forking;
    ScopedChild forker = Fork([&] {  // moved in, not cloned into it: see SparesChildrenClonedLater
      if (cgroup->Write("cgroup.procs", "0") != 0) return 1;
      (void)::signal(SIGCHLD, SIG_IGN);
      for (int forks = 0;; ++forks) {
        if (::fork() == 0) ::_exit(0);
        if (forks == 3) forking.Notify();
      }
    });
    ASSERT_TRUE(forking.Await());
    ASSERT_ERRNO(cgroup->Write("cgroup.kill", "1"), 0);
    EXPECT_EQ(forker.Reap(), SIGKILL);
    ASSERT_TRUE(cgroup->AwaitEvent("populated 0")) << "round " << round;
  }
}

PROMISE(CgroupKill, AcceptsOnlyTheValueOne,
        {
            .says = "Writing another value than 1 to cgroup.kill fails with ERANGE or EINVAL and "
                    "kills no process, and a process that moves in after a kill stays alive.",
            .item = "362",
            .authority = "Documentation/admin-guide/cgroup-v2.rst cgroup.kill",
            .since = "5.14",
        }) {
  OWN_CGROUP(cgroup);
  SKIP_WITHOUT_KILL(cgroup);
  const Handshake end;
  ScopedChild member = Clone(IntoCgroup(*cgroup), PauseForever);
  const int refused = cgroup->Write("cgroup.kill", "2");
  EXPECT_TRUE(refused == ERANGE || refused == EINVAL) << refused;
  EXPECT_TRUE(AwaitState(member.Number(), "S"));
  ASSERT_ERRNO(cgroup->Write("cgroup.kill", "1"), 0);
  EXPECT_EQ(member.Reap(), SIGKILL);
  ScopedChild moved = ForkUntil(end);
  ASSERT_EQ(cgroup->Add(moved.Number()), 0);
  end.Notify();
  EXPECT_EQ(moved.Reap(), 0);
}

// Kernels that have the fix of the fork race compare the sequence number of the caller's cgroup,
// because kargs->cgrp is set later, and kill such a child by mistake. expectations.toml lists them.
PROMISE(CgroupKill, SparesChildrenClonedLater,
        {
            .says = "cgroup.kill does not kill a child that is cloned into the cgroup after the "
                    "write.",
            .item = "362",
            .authority = "Documentation/admin-guide/cgroup-v2.rst cgroup.kill; "
                         "kernel/cgroup/cgroup.c cgroup_css_set_fork() (kill_seq)",
            .since = "5.14",
        }) {
  OWN_CGROUP(cgroup);
  SKIP_WITHOUT_KILL(cgroup);
  ASSERT_ERRNO(cgroup->Write("cgroup.kill", "1"), 0);
  const Handshake end;
  ScopedChild born_later = Clone(IntoCgroup(*cgroup), [&] { return end.Await() ? 0 : 1; });
  end.Notify();
  EXPECT_EQ(born_later.Reap(), 0);
}

}  // namespace
}  // namespace procmark::conformance
