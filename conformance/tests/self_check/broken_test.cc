// SPDX-License-Identifier: MIT
// Canaries: tests that are broken on purpose, one for each verdict. They show that the runner can
// tell the verdicts apart. They run only when a filter names the suite Broken.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <string>

#include "conformance/vocabulary/cgroup.h"
#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/tasks.h"
#include "conformance/vocabulary/trace.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

PROMISE(Broken, Passes,
        {
            .says = "A canary whose checks hold is reported as pass.",
            .authority = "conformance/README.md",
            .tags = "broken",
        }) {
  ScopedChild child = Fork([] { return 3; });
  EXPECT_EQ(child.Reap(), 3 << 8);
}

PROMISE(Broken, Fails,
        {
            .says = "A canary with a wrong assertion is reported as fail with cause assertion.",
            .authority = "conformance/README.md",
            .tags = "broken",
        }) {
  ScopedChild child = Fork([] { return 3; });
  EXPECT_EQ(child.Reap(), 4 << 8) << "this canary expects the wrong status on purpose";
}

PROMISE(Broken, Hangs,
        {
            .says = "A canary that waits forever is reported as timeout, with its tasks.",
            .authority = "conformance/README.md",
            .tags = "broken",
        }) {
  const ScopedChild child = Fork(PauseForever);
  PauseForever();
}

PROMISE(Broken, HangsWithACgroupAndATrace,
        {
            .says = "A canary that waits forever while it owns a frozen cgroup and a trace "
                    "instance is reported as timeout, and both are removed.",
            .authority = "conformance/README.md",
            .tags = "broken",
        }) {
  std::string why;
  const std::optional<Cgroup> cgroup = Cgroup::Create(&why);
  const std::optional<Trace> trace = Trace::Start({"sched/sched_process_fork"}, &why);
  const ScopedChild child = Fork(PauseForever);
  if (cgroup) {
    EXPECT_EQ(cgroup->Add(child.Number()), 0);
    EXPECT_ERRNO(cgroup->Write("cgroup.freeze", "1"), 0);
  }
  PauseForever();
}

PROMISE(Broken, Crashes,
        {
            .says = "A canary that dies by a signal is reported as crash.",
            .authority = "conformance/README.md",
            .tags = "broken",
        }) {
  ::kill(::getpid(), SIGSEGV);
}

PROMISE(Broken, Exits,
        {
            .says = "A canary whose process exits with 0 in the middle of the test is reported as "
                    "crash.",
            .authority = "conformance/README.md",
            .tags = "broken",
        }) {
  ::_exit(0);
}

PROMISE(Broken, Leaks,
        {
            .says = "A canary that passes but leaves a process behind is reported as fail with "
                    "cause leak.",
            .authority = "conformance/README.md",
            .tags = "broken",
        }) {
  const pid_t pid = ::fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    PauseForever();
  }
}

PROMISE(Broken, LeavesZombie,
        {
            .says = "A canary that passes but leaves a zombie behind is reported as fail with "
                    "cause leak.",
            .authority = "conformance/README.md",
            .tags = "broken",
        }) {
  const pid_t pid = ::fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) ::_exit(0);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
}

PROMISE(Broken, LeavesOrphan,
        {
            .says = "A canary whose grandchild outlives it is reported as fail with cause leak.",
            .authority = "conformance/README.md",
            .tags = "broken",
        }) {
  ScopedChild child = Fork([] {
    if (::fork() == 0) {
      PauseForever();
    }
  });
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(Broken, LeavesFile,
        {
            .says = "A canary that leaves a file in /tmp is reported as fail with cause leak.",
            .authority = "conformance/README.md",
            .tags = "broken",
        }) {
  if (!InOwnPidNamespace())
    GTEST_SKIP() << "without namespaces /tmp is shared with other processes";
  const sys::Fd file(::open("/tmp/left-behind", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_TRUE(file.Valid());
}

PROMISE(Broken, ChildCheckFails,
        {
            .says = "A canary whose child makes a false check is reported as fail with cause "
                    "assertion.",
            .authority = "conformance/README.md",
            .tags = "broken",
        }) {
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_EQ(checks, 5, 5);
    CHILD_EXPECT_EQ(checks, 6, 5);
  });
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(Broken, ChildCheckMissing,
        {
            .says = "A canary whose child never reaches its check is reported as fail with cause "
                    "assertion.",
            .authority = "conformance/README.md",
            .tags = "broken",
        }) {
  const ChildChecks checks(1);
  ScopedChild child = Fork([] { return 0; });
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(Broken, ChildRunsOn,
        {
            .says = "A canary whose child returns into the test is reported as fail with cause "
                    "assertion.",
            .authority = "conformance/README.md",
            .tags = "broken",
        }) {
  const pid_t pid = ::fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) return;
  EXPECT_EQ(::waitpid(pid, nullptr, 0), pid);
}

PROMISE(Broken, Skips,
        {
            .says = "A canary that skips is reported as skip with its reason.",
            .authority = "conformance/README.md",
            .tags = "broken",
        }) {
  GTEST_SKIP() << "this canary always skips";
}

}  // namespace
}  // namespace procmark::conformance
