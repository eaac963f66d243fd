// Cgroups and the life cycle: birth in a cgroup, freezing, killing all, counting.
#include "conformance/vocabulary/cgroup.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <string>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/clone_flags.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/machine_setting.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/test_deadline.h"

namespace procmark::conformance {
namespace {

// Declares `name`, a cgroup of the test's own, or skips.
#define OWN_CGROUP(name)                                             \
  std::string why_no_##name;                                         \
  const std::optional<Cgroup> name = Cgroup::Create(&why_no_##name); \
  if (!name) GTEST_SKIP() << why_no_##name

CloneArguments Into(int folder) {
  CloneArguments arguments;
  arguments.flags = kCloneIntoCgroup;
  arguments.exit_signal = SIGCHLD;
  arguments.cgroup = static_cast<uint64_t>(folder);
  return arguments;
}

// The calling process's own lines of /proc/self/cgroup.
bool IsIn(const Cgroup& cgroup) {
  const std::string name = cgroup.Path().substr(cgroup.Path().rfind('/'));
  return (TextOf("/proc/self/cgroup")).find(name + "\n") != std::string::npos;
}

PROMISE(Cgroup, ChildIsBornInsideWithIntoCgroup,
        {.says = "CLONE_INTO_CGROUP makes the child a member of that cgroup before it runs; the "
                 "parent stays where it is.",
         .item = "361",
         .authority = "clone3(2) CLONE_INTO_CGROUP",
         .since = "5.7"}) {
  OWN_CGROUP(cgroup);
  const ChildChecks checks(1);
  ScopedChild child =
      Clone(Into(cgroup->Folder()), [&] { CHILD_EXPECT_TRUE(checks, IsIn(*cgroup)); });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_FALSE(IsIn(*cgroup));
}

int CloneIntoError(int folder) {
  const pid_t pid = RawClone3(Into(folder));
  if (pid == 0) ::_exit(0);
  if (pid < 0) return errno;
  (void)Wait4(pid, 0);
  return 0;
}

PROMISE(
    Cgroup, IntoCgroupIsValidated,
    {.says = "CLONE_INTO_CGROUP is EBADF for a descriptor that is none or no cgroup, and ENODEV "
             "for a removed cgroup.",
     .item = "361 133",
     .authority = "clone3(2) ERRORS; kernel/cgroup/cgroup.c cgroup_css_set_fork()",
     .since = "5.7"}) {
  OWN_CGROUP(cgroup);
  const sys::Fd plain(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_EQ(CloneIntoError(249), EBADF);
  EXPECT_EQ(CloneIntoError(plain.Get()), EBADF);
  const std::string below = cgroup->Path() + "/removed";
  ASSERT_EQ(::mkdir(below.c_str(), 0755), 0);
  const sys::Fd removed(::open(below.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_EQ(::rmdir(below.c_str()), 0);
  const int error = CloneIntoError(removed.Get());
  EXPECT_TRUE(error == ENOENT || error == ENODEV) << error;
  EXPECT_EQ(CloneIntoError(cgroup->Folder()), 0) << "the decoy: a legal call";
}

PROMISE(Cgroup, IntoCgroupNeedsPermission,
        {.says = "CLONE_INTO_CGROUP is EACCES for a user who may not write the cgroup's "
                 "cgroup.procs.",
         .item = "361",
         .authority = "clone3(2) ERRORS, cgroups(7)",
         .since = "5.7"}) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become another user";
  OWN_CGROUP(cgroup);
  ScopedChild stranger = Fork([&] {
    if (::setresgid(65533, 65533, 65533) != 0 || ::setresuid(65533, 65533, 65533) != 0) return 1;
    return CloneIntoError(cgroup->Folder()) == EACCES ? 0 : 2;
  });
  EXPECT_EQ(stranger.Reap(), 0);
}

PROMISE(Cgroup, ForkStaysInTheCgroup,
        {.says = "A child is a member of its parent's cgroup; one that the parent leaves later "
                 "keeps the child.",
         .item = "364 56",
         .authority = "cgroups(7)"}) {
  OWN_CGROUP(cgroup);
  const Handshake moved;
  const ChildChecks checks(3);
  ScopedChild parent = Clone(Into(cgroup->Folder()), [&] {
    ScopedChild child = Fork([&] {
      CHILD_EXPECT_TRUE(checks, IsIn(*cgroup));
      const bool told = moved.Await();
      CHILD_EXPECT_TRUE(checks, told && IsIn(*cgroup));
    });
    const std::string above = cgroup->Path().substr(0, cgroup->Path().rfind('/'));
    const int error = WriteText(above + "/cgroup.procs", "0");
    CHILD_EXPECT_TRUE(checks, error == 0 && !IsIn(*cgroup));
    moved.Notify();
    return child.Reap();
  });
  EXPECT_EQ(parent.Reap(), 0);
}

// A child in the cgroup that counts as fast as it can.
ScopedChild StartCounter(const Cgroup& cgroup, const Shared<std::atomic<long>>& counter) {
  const Handshake counting;
  ScopedChild child = Clone(Into(cgroup.Folder()), [&] {
    counter->store(1);
    counting.Notify();
    while (true) counter->fetch_add(1);
  });
  EXPECT_TRUE(counting.Await());
  return child;
}

PROMISE(Cgroup, FrozenTaskStandsStillAndReportsS,
        {.says = "A task of a frozen cgroup makes no progress and reports S; thawed, it goes on.",
         .item = "14",
         .authority = "cgroups(7), Documentation/admin-guide/cgroup-v2.rst cgroup.freeze",
         .since = "5.2"}) {
  OWN_CGROUP(cgroup);
  const Shared<std::atomic<long>> counter;
  const ScopedChild child = StartCounter(*cgroup, counter);
  ASSERT_EQ(cgroup->Write("cgroup.freeze", "1"), 0);
  ASSERT_TRUE(cgroup->AwaitEvent("frozen 1"));
  const long frozen_at = counter->load();
  EXPECT_TRUE(AwaitState(child.Number(), "S"));
  EXPECT_EQ(counter->load(), frozen_at);
  ASSERT_EQ(cgroup->Write("cgroup.freeze", "0"), 0);
  ASSERT_TRUE(cgroup->AwaitEvent("frozen 0"));
  while (counter->load() == frozen_at) ::sched_yield();
}

PROMISE(Cgroup, FrozenTaskCanBeKilled,
        {.says = "SIGKILL ends a task of a frozen cgroup at once, without a thaw.",
         .item = "14",
         .authority = "Documentation/admin-guide/cgroup-v2.rst cgroup.freeze",
         .since = "5.2"}) {
  OWN_CGROUP(cgroup);
  const Shared<std::atomic<long>> counter;
  ScopedChild child = StartCounter(*cgroup, counter);
  ASSERT_EQ(cgroup->Write("cgroup.freeze", "1"), 0);
  ASSERT_TRUE(cgroup->AwaitEvent("frozen 1"));
  ASSERT_TRUE(child.Signal(SIGKILL).Ok());
  EXPECT_EQ(child.Reap(), SIGKILL);
  EXPECT_EQ(cgroup->Read("cgroup.freeze"), "1\n");
}

PROMISE(Cgroup, ChildBornInFrozenCgroupIsFrozen,
        {.says = "A child cloned into a frozen cgroup is frozen before its first instruction.",
         .item = "14 361",
         .authority = "Documentation/admin-guide/cgroup-v2.rst cgroup.freeze; "
                      "kernel/cgroup/cgroup.c cgroup_post_fork()",
         .since = "5.7"}) {
  OWN_CGROUP(cgroup);
  ASSERT_EQ(cgroup->Write("cgroup.freeze", "1"), 0);
  const Shared<std::atomic<int>> ran;
  ScopedChild child = Clone(Into(cgroup->Folder()), [&] { ran->store(1); });
  EXPECT_TRUE(cgroup->AwaitEvent("frozen 1"));
  EXPECT_TRUE(AwaitState(child.Number(), "S"));
  EXPECT_EQ(ran->load(), 0);
  ASSERT_EQ(cgroup->Write("cgroup.freeze", "0"), 0);
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(ran->load(), 1);
}

PROMISE(Cgroup, VforkParentCountsAsFrozen,
        {.says = "A parent that waits in vfork counts as frozen: its cgroup reaches 'frozen 1' "
                 "although it is blocked.",
         .item = "90",
         .authority = "kernel/fork.c wait_for_vfork_done() cgroup_enter_frozen()",
         .since = "5.2",
         .kind = Kind::kLinux}) {
  OWN_CGROUP(cgroup);
  const Handshake blocked;
  const Handshake release;
  ScopedChild parent = Clone(Into(cgroup->Folder()), [&] {
    const pid_t pid = ::vfork();
    if (pid < 0) return 1;
    if (pid == 0) {
      blocked.Notify();
      ::_exit(release.Await() ? 0 : 1);
    }
    return Wait4(pid, 0).status >> 8;
  });
  ASSERT_TRUE(blocked.Await());
  ASSERT_EQ(cgroup->Write("cgroup.freeze", "1"), 0);
  EXPECT_TRUE(cgroup->AwaitEvent("frozen 1"));
  ASSERT_EQ(cgroup->Write("cgroup.freeze", "0"), 0);
  release.Notify();
  EXPECT_EQ(parent.Reap(), 0);
}

PROMISE(Cgroup, VersionOneFrozenTaskIsD,
        {.says = "A task frozen by version 1's freezer reports D.",
         .item = "15",
         .authority = "include/linux/sched.h __task_state_index()",
         .kind = Kind::kLinux}) {
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
  ASSERT_EQ(cgroup->Write("freezer.state", "FROZEN"), 0);
  while (cgroup->Read("freezer.state") != "FROZEN\n") ::sched_yield();
  EXPECT_TRUE(AwaitState(child.Number(), "D"));
  ASSERT_EQ(cgroup->Write("freezer.state", "THAWED"), 0);
  EXPECT_TRUE(AwaitState(child.Number(), "S"));
}

#define SKIP_WITHOUT_KILL(cgroup) \
  if (!(cgroup)->Has("cgroup.kill")) GTEST_SKIP() << "this kernel has no cgroup.kill (Linux 5.14)"

PROMISE(Cgroup, KillEndsEveryMember,
        {.says = "cgroup.kill ends every process of the cgroup and of those below it with SIGKILL, "
                 "and no other.",
         .item = "362",
         .authority = "Documentation/admin-guide/cgroup-v2.rst cgroup.kill",
         .since = "5.14"}) {
  OWN_CGROUP(cgroup);
  SKIP_WITHOUT_KILL(cgroup);
  const std::string below = cgroup->Path() + "/below";
  ASSERT_EQ(::mkdir(below.c_str(), 0755), 0);
  const sys::Fd folder(::open(below.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  {
    ScopedChild member = Clone(Into(cgroup->Folder()), PauseForever);
    ScopedChild deeper = Clone(Into(folder.Get()), PauseForever);
    const Handshake end;
    ScopedChild outside = Fork([&] { return end.Await() ? 0 : 1; });
    ASSERT_EQ(cgroup->Write("cgroup.kill", "1"), 0);
    EXPECT_EQ(member.Reap(), SIGKILL);
    EXPECT_EQ(deeper.Reap(), SIGKILL);
    end.Notify();
    EXPECT_EQ(outside.Reap(), 0);
  }
  EXPECT_EQ(::rmdir(below.c_str()), 0);
}

PROMISE(Cgroup, KillLeavesNoForkerBehind,
        {.says = "cgroup.kill ends processes that fork all the time, and every child in flight; "
                 "20 rounds.",
         .item = "362 270",
         .authority = "Documentation/admin-guide/cgroup-v2.rst cgroup.kill; kernel/cgroup/cgroup.c "
                      "cgroup_kill()",
         .since = "5.14",
         .tags = "race"}) {
  OWN_CGROUP(cgroup);
  SKIP_WITHOUT_KILL(cgroup);
  for (int round = 0; AnotherRound(round, 20); ++round) {
    const Handshake forking;
    ScopedChild forker = Fork([&] {  // moved in, not born inside: see the next but one test
      if (cgroup->Write("cgroup.procs", "0") != 0) return 1;
      (void)::signal(SIGCHLD, SIG_IGN);
      for (int forks = 0;; ++forks) {
        if (::fork() == 0) ::_exit(0);
        if (forks == 3) forking.Notify();
      }
    });
    ASSERT_TRUE(forking.Await());
    ASSERT_EQ(cgroup->Write("cgroup.kill", "1"), 0);
    EXPECT_EQ(forker.Reap(), SIGKILL);
    ASSERT_TRUE(cgroup->AwaitEvent("populated 0")) << "round " << round;
  }
}

PROMISE(Cgroup, KillTakesOnlyOne,
        {.says = "Another value than 1 for cgroup.kill is ERANGE or EINVAL and kills nobody; a "
                 "process moved in after a kill lives.",
         .item = "362",
         .authority = "Documentation/admin-guide/cgroup-v2.rst cgroup.kill",
         .since = "5.14"}) {
  OWN_CGROUP(cgroup);
  SKIP_WITHOUT_KILL(cgroup);
  const Handshake end;
  ScopedChild member = Clone(Into(cgroup->Folder()), PauseForever);
  const int refused = cgroup->Write("cgroup.kill", "2");
  EXPECT_TRUE(refused == ERANGE || refused == EINVAL) << refused;
  EXPECT_TRUE(AwaitState(member.Number(), "S"));
  ASSERT_EQ(cgroup->Write("cgroup.kill", "1"), 0);
  EXPECT_EQ(member.Reap(), SIGKILL);
  ScopedChild moved = Fork([&] { return end.Await() ? 0 : 1; });
  ASSERT_EQ(cgroup->Add(moved.Number()), 0);
  end.Notify();
  EXPECT_EQ(moved.Reap(), 0);
}

// Kernels with the fix of the fork race take the sequence number to compare from the caller's
// cgroup, because kargs->cgrp is set later: such a child is killed by mistake (expectations.toml
// says where).
PROMISE(Cgroup, KillDoesNotReachWhoIsBornInsideLater,
        {.says = "A child cloned into a cgroup after cgroup.kill was written is not killed by it.",
         .item = "362",
         .authority = "Documentation/admin-guide/cgroup-v2.rst cgroup.kill; "
                      "kernel/cgroup/cgroup.c cgroup_css_set_fork() (kill_seq)",
         .since = "5.14"}) {
  OWN_CGROUP(cgroup);
  SKIP_WITHOUT_KILL(cgroup);
  ASSERT_EQ(cgroup->Write("cgroup.kill", "1"), 0);
  const Handshake end;
  ScopedChild born_later = Clone(Into(cgroup->Folder()), [&] { return end.Await() ? 0 : 1; });
  end.Notify();
  EXPECT_EQ(born_later.Reap(), 0);
}

PROMISE(Cgroup, ZombieNeitherPopulatesNorHoldsIt,
        {.says = "A zombie does not make its cgroup populated, is not in cgroup.procs and does not "
                 "keep it from being removed; its own file then says (deleted).",
         .item = "213",
         .authority = "Documentation/admin-guide/cgroup-v2.rst (Organizing Processes)",
         .since = "5.2"}) {
  OWN_CGROUP(cgroup);
  const std::string below = cgroup->Path() + "/below";
  ASSERT_EQ(::mkdir(below.c_str(), 0755), 0);
  const sys::Fd folder(::open(below.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const Handshake end;
  ScopedChild zombie = Clone(Into(folder.Get()), [&] { return end.Await() ? 0 : 1; });
  ASSERT_TRUE(cgroup->AwaitEvent("populated 1"));
  EXPECT_EQ(TextOf(below + "/cgroup.procs"), std::to_string(zombie.Number()) + "\n");
  end.Notify();
  (void)zombie.AwaitZombie();
  EXPECT_TRUE(cgroup->AwaitEvent("populated 0"));
  EXPECT_EQ(TextOf(below + "/cgroup.procs"), "");
  EXPECT_EQ(::rmdir(below.c_str()), 0) << errno;
  const std::string place = TextOf("/proc/" + std::to_string(zombie.Number()) + "/cgroup");
  EXPECT_NE(place.find("/below (deleted)\n"), std::string::npos) << place;
  EXPECT_EQ(zombie.Reap(), 0);
}

}  // namespace
}  // namespace procmark::conformance
