// SPDX-License-Identifier: MIT
// Membership in a cgroup: CLONE_INTO_CGROUP, fork, and zombies.
#include "conformance/vocabulary/cgroup.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/users.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

// Whether the calling process is in the cgroup, by /proc/self/cgroup.
bool IsIn(const Cgroup& cgroup) {
  const std::string name = cgroup.Path().substr(cgroup.Path().rfind('/'));
  return (TextOf("/proc/self/cgroup")).find(name + "\n") != std::string::npos;
}

PROMISE(Cgroup, ChildStartsInsideWithIntoCgroup,
        {
            .says = "CLONE_INTO_CGROUP makes the child a member of that cgroup before it runs, and "
                    "does not move the parent.",
            .item = "361",
            .authority = "clone3(2) CLONE_INTO_CGROUP",
            .since = "5.7",
        }) {
  OWN_CGROUP(cgroup);
  const ChildChecks checks(1);
  ScopedChild child = Clone(IntoCgroup(*cgroup), [&] { CHILD_EXPECT_TRUE(checks, IsIn(*cgroup)); });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_FALSE(IsIn(*cgroup));
}

int CloneIntoError(int folder) {
  const pid_t pid = RawClone3(IntoCgroup(folder));
  if (pid == 0) ::_exit(0);
  if (pid < 0) return errno;
  (void)Wait4(pid, 0);
  return 0;
}

PROMISE(Cgroup, IntoCgroupIsValidated,
        {
            .says = "CLONE_INTO_CGROUP fails with EBADF for a descriptor that is closed or not a "
                    "cgroup, and with ENODEV for a removed cgroup.",
            .item = "361 133",
            .authority = "clone3(2) ERRORS; kernel/cgroup/cgroup.c cgroup_css_set_fork()",
            .since = "5.7",
        }) {
  OWN_CGROUP(cgroup);
  const sys::Fd plain(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_ERRNO(CloneIntoError(249), EBADF);
  EXPECT_ERRNO(CloneIntoError(plain.Get()), EBADF);
  const std::string below = cgroup->Path() + "/removed";
  ASSERT_SYSCALL_SUCCEEDS(::mkdir(below.c_str(), 0755));
  const sys::Fd removed(::open(below.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_SYSCALL_SUCCEEDS(::rmdir(below.c_str()));
  const int error = CloneIntoError(removed.Get());
  EXPECT_TRUE(error == ENOENT || error == ENODEV) << ErrnoText(error);
  EXPECT_ERRNO(CloneIntoError(cgroup->Folder()), 0) << "the control: a valid call";
}

PROMISE(Cgroup, IntoCgroupNeedsPermission,
        {
            .says = "CLONE_INTO_CGROUP fails with EACCES for a user who may not write the cgroup's "
                    "cgroup.procs.",
            .item = "361",
            .authority = "clone3(2) ERRORS, cgroups(7)",
            .since = "5.7",
        }) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become another user";
  OWN_CGROUP(cgroup);
  ScopedChild stranger = Fork([&] {
    if (!BecomeOrdinaryUser()) return 1;
    return CloneIntoError(cgroup->Folder()) == EACCES ? 0 : 2;
  });
  EXPECT_EQ(stranger.Reap(), 0);
}

PROMISE(Cgroup, ForkStaysInTheCgroup,
        {
            .says = "A child is a member of its parent's cgroup, and stays there when the parent "
                    "leaves it.",
            .item = "364 56",
            .authority = "cgroups(7)",
        }) {
  OWN_CGROUP(cgroup);
  const Handshake moved;
  const ChildChecks checks(3);
  ScopedChild parent = Clone(IntoCgroup(*cgroup), [&] {
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

PROMISE(Cgroup, ZombieNeitherPopulatesNorHoldsIt,
        {
            .says = "A zombie does not populate its cgroup, is not listed in cgroup.procs and does "
                    "not prevent its removal, after which the zombie's own cgroup file says "
                    "(deleted).",
            .item = "213",
            .authority = "Documentation/admin-guide/cgroup-v2.rst (Organizing Processes)",
            .since = "5.2",
        }) {
  OWN_CGROUP(cgroup);
  const std::string below = cgroup->Path() + "/below";
  ASSERT_SYSCALL_SUCCEEDS(::mkdir(below.c_str(), 0755));
  const sys::Fd folder(::open(below.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const Handshake end;
  ScopedChild zombie = Clone(IntoCgroup(folder.Get()), [&] { return end.Await() ? 0 : 1; });
  ASSERT_TRUE(cgroup->AwaitEvent("populated 1"));
  EXPECT_EQ(TextOf(below + "/cgroup.procs"), std::to_string(zombie.Number()) + "\n");
  end.Notify();
  (void)zombie.AwaitZombie();
  EXPECT_TRUE(cgroup->AwaitEvent("populated 0"));
  EXPECT_EQ(TextOf(below + "/cgroup.procs"), "");
  EXPECT_SYSCALL_SUCCEEDS(::rmdir(below.c_str()));
  const std::string place = TextOf(ProcPath(zombie.Number(), "cgroup"));
  EXPECT_NE(place.find("/below (deleted)\n"), std::string::npos) << place;
  EXPECT_EQ(zombie.Reap(), 0);
}

}  // namespace
}  // namespace procmark::conformance
