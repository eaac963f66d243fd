// SPDX-License-Identifier: MIT
// posix_spawn(3): the cgroup in which the child starts, and the foreground group of its terminal.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "conformance/vocabulary/cgroup.h"
#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/spawning.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/terminal.h"

namespace procmark::conformance {
namespace {

HELPER(SpawnInCgroup) {
  // The line of version 2 is "0::/path", and the path ends in the cgroup's own name.
  const std::string place = "\n" + TextOf("/proc/self/cgroup");
  const size_t at = place.find("\n0::");
  return at != std::string::npos &&
                 place.substr(at, place.find('\n', at + 1) - at).ends_with(arguments.at(0))
             ? 0
             : 1;
}

PROMISE(SpawnPlace, SetCgroupPlacesTheChild,
        {
            .says = "With POSIX_SPAWN_SETCGROUP the program starts in that cgroup, and without it "
                    "in its parent's.",
            .item = "356",
            .authority = "glibc 2.39 posix_spawnattr_setcgroup_np(); clone(2) CLONE_INTO_CGROUP",
            .since = "5.7",
        }) {
  std::string why;
  const std::optional<Cgroup> cgroup = Cgroup::Create(&why);
  if (!cgroup) GTEST_SKIP() << why;
  const std::string name = cgroup->Path().substr(cgroup->Path().rfind('/'));
  Spawn placed;
  placed.SetFlags(POSIX_SPAWN_SETCGROUP);
  ASSERT_EQ(::posix_spawnattr_setcgroup_np(&placed.attributes, cgroup->Folder()), 0);
  const int status = placed.Run("SpawnInCgroup", {name});
  EXPECT_EQ(status, 0);
  Spawn plain;
  EXPECT_EQ(plain.Run("SpawnInCgroup", {name}), 1 << 8);
}

HELPER(SpawnForeground) {
  return ::tcgetpgrp(NumberAt(arguments, 0)) == ::getpgrp() && ::getpgrp() == ::getpid() ? 0 : 1;
}

PROMISE(SpawnPlace, TerminalActionMakesTheChildsGroupForeground,
        {
            .says = "A tcsetpgrp action makes the child's group the foreground group of the "
                    "terminal before the program starts, and does not stop the child.",
            .item = "356",
            .authority = "glibc 2.35 posix_spawn_file_actions_addtcsetpgrp_np(); tcsetpgrp(3)",
        }) {
  SKIP_WITHOUT_TERMINAL();
  const Terminal terminal;
  const ChildChecks checks(6);
  ScopedChild leader = Fork([&] {
    (void)::setsid();
    CHILD_EXPECT_ERRNO(checks, terminal.Acquire(), 0);
    CHILD_EXPECT_EQ(checks, ::tcgetpgrp(terminal.Slave()), ::getpgrp());
    const int inherited = ::fcntl(terminal.Slave(), F_DUPFD, 100);  // not close-on-exec
    const std::string number = std::to_string(inherited);
    Spawn background;
    background.SetFlags(POSIX_SPAWN_SETPGROUP);
    CHILD_EXPECT_EQ(checks, background.Run("SpawnForeground", {number}), 1 << 8);
    Spawn foreground;
    foreground.SetFlags(POSIX_SPAWN_SETPGROUP);
    CHILD_EXPECT_EQ(checks,
                    ::posix_spawn_file_actions_addtcsetpgrp_np(&foreground.actions, inherited), 0);
    CHILD_EXPECT_EQ(checks, foreground.Start("SpawnForeground", {number}), 0);
    CHILD_EXPECT_EQ(checks, Wait4(foreground.pid, WUNTRACED).status, 0);
  });
  EXPECT_EQ(leader.Reap(), 0);
}

}  // namespace
}  // namespace procmark::conformance
