// SPDX-License-Identifier: MIT
// The freezer of both versions of cgroups.
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <optional>
#include <string>

#include "conformance/vocabulary/cgroup.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/syscall_result.h"

namespace procmark::conformance {
namespace {

// A child in the cgroup that increments a counter as fast as it can.
ScopedChild StartCounter(const Cgroup& cgroup, const Shared<std::atomic<long>>& counter) {
  const Handshake counting;
  ScopedChild child = Clone(IntoCgroup(cgroup), [&] {
    counter->store(1);
    counting.Notify();
    while (true) counter->fetch_add(1);
  });
  EXPECT_TRUE(counting.Await());
  return child;
}

PROMISE(CgroupFreeze, TaskStandsStillAndReportsS,
        {
            .says = "A task of a frozen cgroup makes no progress and reports S, and it continues "
                    "after a thaw.",
            .item = "14",
            .authority = "cgroups(7), Documentation/admin-guide/cgroup-v2.rst cgroup.freeze",
            .since = "5.2",
        }) {
  OWN_CGROUP(cgroup);
  const Shared<std::atomic<long>> counter;
  const ScopedChild child = StartCounter(*cgroup, counter);
  ASSERT_ERRNO(cgroup->Write("cgroup.freeze", "1"), 0);
  ASSERT_TRUE(cgroup->AwaitEvent("frozen 1"));
  const long frozen_at = counter->load();
  EXPECT_TRUE(AwaitState(child.Number(), "S"));
  EXPECT_EQ(counter->load(), frozen_at);
  ASSERT_ERRNO(cgroup->Write("cgroup.freeze", "0"), 0);
  ASSERT_TRUE(cgroup->AwaitEvent("frozen 0"));
  while (counter->load() == frozen_at) ::sched_yield();
}

PROMISE(CgroupFreeze, FrozenTaskCanBeKilled,
        {
            .says = "SIGKILL ends a task of a frozen cgroup at once, without a thaw.",
            .item = "14",
            .authority = "Documentation/admin-guide/cgroup-v2.rst cgroup.freeze",
            .since = "5.2",
        }) {
  OWN_CGROUP(cgroup);
  const Shared<std::atomic<long>> counter;
  ScopedChild child = StartCounter(*cgroup, counter);
  ASSERT_ERRNO(cgroup->Write("cgroup.freeze", "1"), 0);
  ASSERT_TRUE(cgroup->AwaitEvent("frozen 1"));
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGKILL));
  EXPECT_EQ(child.Reap(), SIGKILL);
  EXPECT_EQ(cgroup->Read("cgroup.freeze"), "1\n");
}

PROMISE(CgroupFreeze, ChildClonedInsideIsFrozen,
        {
            .says = "A child cloned into a frozen cgroup is frozen before its first instruction.",
            .item = "14 361",
            .authority = "Documentation/admin-guide/cgroup-v2.rst cgroup.freeze; "
                         "kernel/cgroup/cgroup.c cgroup_post_fork()",
            .since = "5.7",
        }) {
  OWN_CGROUP(cgroup);
  ASSERT_ERRNO(cgroup->Write("cgroup.freeze", "1"), 0);
  const Shared<std::atomic<int>> ran;
  ScopedChild child = Clone(IntoCgroup(*cgroup), [&] { ran->store(1); });
  EXPECT_TRUE(cgroup->AwaitEvent("frozen 1"));
  EXPECT_TRUE(AwaitState(child.Number(), "S"));
  EXPECT_EQ(ran->load(), 0);
  ASSERT_ERRNO(cgroup->Write("cgroup.freeze", "0"), 0);
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(ran->load(), 1);
}

PROMISE(CgroupFreeze, VforkParentCountsAsFrozen,
        {
            .says = "A parent that waits in vfork counts as frozen, so its cgroup reaches 'frozen "
                    "1'.",
            .item = "90",
            .authority = "kernel/fork.c wait_for_vfork_done() cgroup_enter_frozen()",
            .since = "5.2",
            .kind = Kind::kLinux,
        }) {
  OWN_CGROUP(cgroup);
  const Handshake blocked;
  const Handshake release;
  ScopedChild parent = Clone(IntoCgroup(*cgroup), [&] {
    const pid_t pid = ::vfork();
    if (pid < 0) return 1;
    if (pid == 0) {
      blocked.Notify();
      ::_exit(release.Await() ? 0 : 1);
    }
    return Wait4(pid, 0).status >> 8;
  });
  ASSERT_TRUE(blocked.Await());
  ASSERT_ERRNO(cgroup->Write("cgroup.freeze", "1"), 0);
  EXPECT_TRUE(cgroup->AwaitEvent("frozen 1"));
  ASSERT_ERRNO(cgroup->Write("cgroup.freeze", "0"), 0);
  release.Notify();
  EXPECT_EQ(parent.Reap(), 0);
}

PROMISE(CgroupFreeze, VersionOneTaskIsD,
        {
            .says = "A task that the freezer of cgroups version 1 has frozen reports D.",
            .item = "15",
            .authority = "include/linux/sched.h __task_state_index()",
            .kind = Kind::kLinux,
        }) {
  std::string why;
  const std::optional<Cgroup> cgroup = Cgroup::CreateFreezerV1(&why);
  if (!cgroup) GTEST_SKIP() << why;
  const Handshake ready;
  const ScopedChild child = Fork([&] {
    ready.Notify();
    PauseForever();
  });
  ASSERT_TRUE(ready.Await());
  ASSERT_EQ(cgroup->Add(child.Number()), 0);
  ASSERT_TRUE(AwaitState(child.Number(), "S"));
  ASSERT_ERRNO(cgroup->Write("freezer.state", "FROZEN"), 0);
  while (cgroup->Read("freezer.state") != "FROZEN\n") ::sched_yield();
  EXPECT_TRUE(AwaitState(child.Number(), "D"));
  ASSERT_ERRNO(cgroup->Write("freezer.state", "THAWED"), 0);
  EXPECT_TRUE(AwaitState(child.Number(), "S"));
}

}  // namespace
}  // namespace procmark::conformance
