// The pids controller: what it counts, what it refuses, and what a refused fork leaves behind.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>

#include "conformance/vocabulary/cgroup.h"
#include "conformance/vocabulary/clone_flags.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/test_deadline.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

#define OWN_CGROUP_WITH_PIDS(name)                                               \
  std::string why_no_##name;                                                     \
  const std::optional<Cgroup> name = Cgroup::CreateWith("pids", &why_no_##name); \
  if (!name) GTEST_SKIP() << why_no_##name

CloneArguments Into(const Cgroup& cgroup) {
  CloneArguments arguments;
  arguments.flags = kCloneIntoCgroup;
  arguments.exit_signal = SIGCHLD;
  arguments.cgroup = static_cast<uint64_t>(cgroup.Folder());
  return arguments;
}

// Waits until the count reads `expected`: a reaped task is counted until an RCU moment has passed.
bool AwaitCount(const Cgroup& cgroup, const std::string& expected) {
  while (cgroup.Read("pids.current") != expected + "\n") {
    if (TestDeadline().Expired()) return false;
    ::sched_yield();
  }
  return true;
}

// The value of a line of pids.events or pids.events.local; -1 when there is none.
long EventCount(const Cgroup& cgroup, const std::string& name,
                const std::string& file = "pids.events") {
  const std::string text = "\n" + cgroup.Read(file);
  const size_t at = text.find("\n" + name + " ");
  return at == std::string::npos ? -1 : std::stol(text.substr(at + name.size() + 2));
}

PROMISE(CgroupPids, ForkBeyondMaxIsEagain,
        {.says = "fork beyond pids.max is EAGAIN and is counted once in pids.events; a reaped "
                 "child makes room again.",
         .item = "317",
         .authority = "Documentation/admin-guide/cgroup-v2.rst (PID controller)",
         .since = "4.5"}) {
  OWN_CGROUP_WITH_PIDS(cgroup);
  ASSERT_EQ(cgroup->Write("pids.max", "2"), 0);
  ScopedChild member = Clone(Into(*cgroup), [&] {
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
  EXPECT_EQ(member.Reap(), 0) << "exit status 1 to 3: the step that failed, see the source";
  EXPECT_EQ(EventCount(*cgroup, "max"), 3);
}

PROMISE(CgroupPids, RefusalIsCountedWhereItsLimitIs,
        {.says = "pids.events counts the refusals of the cgroup and of those below it, "
                 "pids.events.local those of its own limit.",
         .item = "317",
         .authority = "Documentation/admin-guide/cgroup-v2.rst pids.events.local; "
                      "kernel/cgroup/pids.c pids_event()",
         .since = "6.11",
         .kind = Kind::kVersion}) {
  OWN_CGROUP_WITH_PIDS(cgroup);
  if (!cgroup->Has("pids.events.local")) GTEST_SKIP() << "this kernel has no pids.events.local";
  ASSERT_EQ(cgroup->Write("cgroup.subtree_control", "+pids"), 0);
  const std::string below = cgroup->Path() + "/below";
  ASSERT_EQ(::mkdir(below.c_str(), 0755), 0);  // removed with the one above
  ASSERT_EQ(cgroup->Write("below/pids.max", "0"), 0);
  const sys::Fd folder(::open(below.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  CloneArguments arguments = Into(*cgroup);
  arguments.cgroup = static_cast<uint64_t>(folder.Get());
  const pid_t refused = RawClone3(arguments);
  if (refused == 0) ::_exit(0);
  EXPECT_EQ(refused, -1);
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_EQ(EventCount(*cgroup, "max", "below/pids.events.local"), 1);
  EXPECT_EQ(EventCount(*cgroup, "max", "below/pids.events"), 1);
  EXPECT_EQ(EventCount(*cgroup, "max", "pids.events"), 1);
  EXPECT_EQ(EventCount(*cgroup, "max", "pids.events.local"), 0) << "the decoy: not its own limit";
}

PROMISE(CgroupPids, ZombieCountsInCurrent,
        {.says = "A zombie counts in pids.current until it is reaped.",
         .item = "212",
         .authority = "Documentation/admin-guide/cgroup-v2.rst (PID controller); "
                      "kernel/cgroup/pids.c pids_release()"}) {
  OWN_CGROUP_WITH_PIDS(cgroup);
  EXPECT_EQ(cgroup->Read("pids.current"), "0\n");
  ScopedChild zombie = Clone(Into(*cgroup), [] { return 0; });
  (void)zombie.AwaitZombie();
  EXPECT_EQ(cgroup->Read("pids.current"), "1\n");
  EXPECT_EQ(zombie.Reap(), 0);
  EXPECT_TRUE(AwaitCount(*cgroup, "0"));
}

PROMISE(CgroupPids, RefusedForkIsNotCounted,
        {.says = "A fork that fails for another reason leaves pids.current as it was.",
         .item = "319",
         .authority = "kernel/fork.c copy_process() (bad_fork_cancel_cgroup)",
         .kind = Kind::kLinux}) {
  OWN_CGROUP_WITH_PIDS(cgroup);
  ScopedChild member = Clone(Into(*cgroup), [&] {
    pid_t taken = ::getpid();
    CloneArguments impossible;  // the number is in use: refused late, after the count
    impossible.exit_signal = SIGCHLD;
    impossible.set_tid = reinterpret_cast<uint64_t>(&taken);
    impossible.set_tid_size = 1;
    for (int i = 0; i < 5; ++i) {
      const pid_t refused = RawClone3(impossible);
      if (refused == 0) ::_exit(0);
      if (refused > 0) return 1;
      if (errno != EEXIST) return 2;
    }
    return AwaitCount(*cgroup, "1") ? 0 : 3;
  });
  EXPECT_EQ(member.Reap(), 0) << "exit status 1 to 3: the step that failed, see the source";
}

PROMISE(CgroupPids, MaxZeroRefusesCloneInto,
        {.says = "clone3 into a cgroup whose pids.max is reached is EAGAIN, whoever the parent is.",
         .item = "317",
         .authority = "Documentation/admin-guide/cgroup-v2.rst (PID controller)"}) {
  OWN_CGROUP_WITH_PIDS(cgroup);
  ASSERT_EQ(cgroup->Write("pids.max", "0"), 0);
  const pid_t refused = RawClone3(Into(*cgroup));
  if (refused == 0) ::_exit(0);
  EXPECT_EQ(refused, -1);
  EXPECT_EQ(errno, EAGAIN);
  ASSERT_EQ(cgroup->Write("pids.max", "max"), 0);
  EXPECT_EQ(Clone(Into(*cgroup), [] { return 0; }).Reap(), 0) << "the decoy: without a limit";
}

}  // namespace
}  // namespace procmark::conformance
