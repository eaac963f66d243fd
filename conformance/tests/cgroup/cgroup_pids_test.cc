// SPDX-License-Identifier: MIT
// The pids controller: what it counts, what it refuses, and what a refused fork leaves behind.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>

#include "conformance/vocabulary/cgroup.h"
#include "conformance/vocabulary/children.h"
#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/test_deadline.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

// Waits until pids.current is `expected`: the kernel uncounts a reaped task after an RCU grace
// period.
bool AwaitCount(const Cgroup& cgroup, const std::string& expected) {
  while (cgroup.Read("pids.current") != expected + "\n") {
    if (TestDeadline().Expired()) return false;
    ::sched_yield();
  }
  return true;
}

// The value of a line of pids.events or pids.events.local; -1 when there is no such line.
long EventCount(const Cgroup& cgroup, const std::string& name,
                const std::string& file = "pids.events") {
  return ValueIn(cgroup.Read(file), name, -1);
}

PROMISE(CgroupPids, ForkBeyondMaxIsEagain,
        {
            .says = "A fork beyond pids.max fails with EAGAIN and is counted once in pids.events, "
                    "and a reaped child makes room for another one.",
            .item = "317",
            .authority = "Documentation/admin-guide/cgroup-v2.rst (PID controller)",
            .since = "4.5",
        }) {
  OWN_CGROUP_WITH(cgroup, "pids");
  ASSERT_ERRNO(cgroup->Write("pids.max", "2"), 0);
  ScopedChild member = Clone(IntoCgroup(*cgroup), [&] {
    ScopedChild only = Fork([] { return 0; });
    (void)only.AwaitZombie();  // a zombie counts
    for (int i = 0; i < 3; ++i) {
      const pid_t refused = ::fork();
      if (refused == 0) ::_exit(0);
      if (refused > 0 || errno != EAGAIN) return 1;
    }
    if (only.Reap() != 0 || !AwaitCount(*cgroup, "1")) return 2;
    const pid_t allowed = ::fork();
    if (allowed == 0) ::_exit(0);
    return allowed > 0 && Wait4(allowed, 0).pid == allowed ? 0 : 3;
  });
  EXPECT_EQ(member.Reap(), 0) << "exit status 1 to 3: the number of the step that failed";
  EXPECT_EQ(EventCount(*cgroup, "max"), 3);
}

PROMISE(CgroupPids, RefusalIsCountedWhereItsLimitIs,
        {
            .says = "pids.events counts the refusals of the cgroup and of those below it, and "
                    "pids.events.local those that its own limit caused.",
            .item = "317",
            .authority = "Documentation/admin-guide/cgroup-v2.rst pids.events.local; "
                         "kernel/cgroup/pids.c pids_event()",
            .since = "6.11",
            .kind = Kind::kVersion,
        }) {
  OWN_CGROUP_WITH(cgroup, "pids");
  if (!cgroup->Has("pids.events.local")) GTEST_SKIP() << "this kernel has no pids.events.local";
  ASSERT_ERRNO(cgroup->Write("cgroup.subtree_control", "+pids"), 0);
  const std::string below = cgroup->Path() + "/below";
  ASSERT_SYSCALL_SUCCEEDS(::mkdir(below.c_str(), 0755));  // the destructor of `cgroup` removes it
  ASSERT_ERRNO(cgroup->Write("below/pids.max", "0"), 0);
  const sys::Fd folder(::open(below.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  CloneArguments arguments = IntoCgroup(*cgroup);
  arguments.cgroup = static_cast<uint64_t>(folder.Get());
  const pid_t refused = RawClone3(arguments);
  if (refused == 0) ::_exit(0);
  EXPECT_SYSCALL_FAILS(refused, EAGAIN);
  EXPECT_EQ(EventCount(*cgroup, "max", "below/pids.events.local"), 1);
  EXPECT_EQ(EventCount(*cgroup, "max", "below/pids.events"), 1);
  EXPECT_EQ(EventCount(*cgroup, "max", "pids.events"), 1);
  EXPECT_EQ(EventCount(*cgroup, "max", "pids.events.local"), 0)
      << "the control: its own limit refused nothing";
}

PROMISE(CgroupPids, ZombieCountsInCurrent,
        {
            .says = "A zombie counts in pids.current until it is reaped.",
            .item = "212",
            .authority = "Documentation/admin-guide/cgroup-v2.rst (PID controller); "
                         "kernel/cgroup/pids.c pids_release()",
        }) {
  OWN_CGROUP_WITH(cgroup, "pids");
  EXPECT_EQ(cgroup->Read("pids.current"), "0\n");
  ScopedChild zombie = Clone(IntoCgroup(*cgroup), [] { return 0; });
  (void)zombie.AwaitZombie();
  EXPECT_EQ(cgroup->Read("pids.current"), "1\n");
  EXPECT_EQ(zombie.Reap(), 0);
  EXPECT_TRUE(AwaitCount(*cgroup, "0"));
}

PROMISE(CgroupPids, RefusedForkIsNotCounted,
        {
            .says = "A fork that fails for another reason leaves pids.current as it was.",
            .item = "319",
            .authority = "kernel/fork.c copy_process() (bad_fork_cancel_cgroup)",
            .kind = Kind::kLinux,
        }) {
  OWN_CGROUP_WITH(cgroup, "pids");
  ScopedChild member = Clone(IntoCgroup(*cgroup), [&] {
    pid_t taken = ::getpid();
    const CloneArguments impossible = WithPid(&taken);  // the kernel refuses it after the count
    for (int i = 0; i < 5; ++i) {
      const pid_t refused = RawClone3(impossible);
      if (refused == 0) ::_exit(0);
      if (refused > 0) return 1;
      if (errno != EEXIST) return 2;
    }
    return AwaitCount(*cgroup, "1") ? 0 : 3;
  });
  EXPECT_EQ(member.Reap(), 0) << "exit status 1 to 3: the number of the step that failed";
}

PROMISE(CgroupPids, MaxZeroRefusesCloneInto,
        {
            .says = "A clone3 into a cgroup whose pids.max is reached fails with EAGAIN, although "
                    "the parent is not a member.",
            .item = "317",
            .authority = "Documentation/admin-guide/cgroup-v2.rst (PID controller)",
        }) {
  OWN_CGROUP_WITH(cgroup, "pids");
  ASSERT_ERRNO(cgroup->Write("pids.max", "0"), 0);
  const pid_t refused = RawClone3(IntoCgroup(*cgroup));
  if (refused == 0) ::_exit(0);
  EXPECT_SYSCALL_FAILS(refused, EAGAIN);
  ASSERT_ERRNO(cgroup->Write("pids.max", "max"), 0);
  EXPECT_EQ(Clone(IntoCgroup(*cgroup), [] { return 0; }).Reap(), 0)
      << "the control: it succeeds without a limit";
}

}  // namespace
}  // namespace procmark::conformance
