// SPDX-License-Identifier: MIT
// Entering pid namespaces by unshare(2) and setns(2).
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <string>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/pid_namespace.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/syscall_result.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

PROMISE(PidNamespaceEnter, UnshareAffectsChildrenOnly,
        {
            .says = "unshare(CLONE_NEWPID) does not change the caller's pid: its first child has "
                    "pid 1 inside and its second pid 2, and making a thread fails with EINVAL from "
                    "then on.",
            .item = "358 118",
            .authority = "unshare(2) CLONE_NEWPID; kernel/fork.c copy_process()",
            .since = "3.8",
        }) {
  SKIP_WITHOUT_PID_NAMESPACES();
  const ChildChecks checks(5);
  ScopedChild user = Fork([&] {
    const pid_t before = ::getpid();
    CHILD_EXPECT_SYSCALL_SUCCEEDS(checks, ::unshare(CLONE_NEWPID));
    CHILD_EXPECT_EQ(checks, ::syscall(SYS_getpid), before);
    const Handshake end;
    ScopedChild first = Fork([&] {
      CHILD_EXPECT_EQ(checks, ::getpid(), 1);
      return end.Await() ? 0 : 1;
    });
    ScopedChild second = Fork([&] { CHILD_EXPECT_EQ(checks, ::getpid(), 2); });
    const int status = second.Reap();
    const CloneArguments thread{.flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM};
    CHILD_EXPECT_SYSCALL_FAILS(checks, RawClone3(thread), EINVAL);
    end.Notify();
    return status == 0 && first.Reap() == 0 ? 0 : 1;
  });
  EXPECT_EQ(user.Reap(), 0);
}

sys::Fd PidNamespaceOf(pid_t pid) {
  return sys::Fd(::open((ProcPath(pid, "ns/pid")).c_str(), O_RDONLY | O_CLOEXEC));
}

PROMISE(PidNamespaceEnter, SetnsAffectsChildrenOnly,
        {
            .says = "setns into a pid namespace does not change the caller's own pid, and its "
                    "children are members of that namespace, where they have no parent.",
            .item = "359",
            .authority = "setns(2), pid_namespaces(7)",
            .since = "3.8",
        }) {
  SKIP_WITHOUT_PID_NAMESPACES();
  const Handshake end;
  ScopedChild init = CloneInit([&] { return end.Await() ? 0 : 1; });
  const sys::Fd target = PidNamespaceOf(init.Number());
  ASSERT_TRUE(target.Valid());
  const ChildChecks checks(5);
  ScopedChild entering = Fork([&] {
    const auto before = ::syscall(SYS_getpid);
    CHILD_EXPECT_SYSCALL_SUCCEEDS(checks, ::setns(target.Get(), CLONE_NEWPID));
    CHILD_EXPECT_EQ(checks, ::syscall(SYS_getpid), before);
    ScopedChild member = Fork([&] {
      CHILD_EXPECT_EQ(checks, ::syscall(SYS_getpid), 2);
      CHILD_EXPECT_EQ(checks, ::syscall(SYS_getppid), 0);
    });
    CHILD_EXPECT_EQ(checks, member.Reap(), 0);
  });
  EXPECT_EQ(entering.Reap(), 0);
  end.Notify();
  EXPECT_EQ(init.Reap(), 0);
}

PROMISE(PidNamespaceEnter, ForkIntoDeadNamespaceIsEnomem,
        {
            .says = "fork into a pid namespace whose init has ended fails with ENOMEM.",
            .item = "248",
            .authority = "pid_namespaces(7); kernel/pid.c alloc_pid() (PIDNS_ADDING)",
        }) {
  SKIP_WITHOUT_PID_NAMESPACES();
  ScopedChild user = Fork([] {
    if (::unshare(CLONE_NEWPID) != 0) return 10;
    const pid_t init = ::fork();
    if (init == 0) ::_exit(0);
    if (init < 0) return 11;
    if (Wait4(init, 0).pid != init) return 12;
    const pid_t late = ::fork();
    if (late == 0) ::_exit(0);
    if (late > 0) return 13;
    return errno == ENOMEM ? 0 : 14;
  });
  EXPECT_EQ(user.Reap(), 0) << "exit status 10 to 14: the number of the step that failed";
}

PROMISE(PidNamespaceEnter, InjectedOrphanGoesToTheOuterReaper,
        {
            .says = "When the outside parent of a process that entered a pid namespace by setns "
                    "ends, the process goes to the outside reaper, and it never has a parent "
                    "inside.",
            .item = "236",
            .authority = "pid_namespaces(7); kernel/exit.c find_new_reaper()",
            .since = "3.8",
        }) {
  SKIP_WITHOUT_PID_NAMESPACES();
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_CHILD_SUBREAPER, 1));
  const Handshake end;
  ScopedChild init = CloneInit([&] { return end.Await() ? 0 : 1; });
  const sys::Fd target = PidNamespaceOf(init.Number());
  const Shared<std::atomic<pid_t>> injected;
  const Handshake born;
  const Handshake release;
  const ChildChecks checks(2);
  ScopedChild middle = Fork([&] {
    if (::setns(target.Get(), CLONE_NEWPID) != 0) return 1;
    const pid_t pid = ::fork();
    if (pid == 0) {
      CHILD_EXPECT_EQ(checks, ::syscall(SYS_getppid), 0);
      born.Notify();
      const bool told = release.Await();
      CHILD_EXPECT_EQ(checks, ::syscall(SYS_getppid), 0);
      ::_exit(told ? 47 : 1);
    }
    injected->store(pid);
    return born.Await() ? 0 : 2;
  });
  ASSERT_EQ(middle.Reap(), 0);
  EXPECT_EQ(Stat(injected->load()).ParentPid(), ::getpid());
  release.Notify();
  EXPECT_EQ(Wait4(injected->load(), 0).status, 47 << 8);
  end.Notify();
  EXPECT_EQ(init.Reap(), 0);
}

PROMISE(PidNamespaceEnter, InitWaitsForZombiesOfOutsiders,
        {
            .says = "A namespace's init that has ended cannot be waited for until a zombie of the "
                    "namespace with an outside parent is reaped, and it sleeps meanwhile (S or I).",
            .item = "247 20",
            .authority = "pid_namespaces(7); kernel/pid_namespace.c zap_pid_ns_processes()",
            .since = "3.8",
            .kind = Kind::kVersion,
        }) {
  SKIP_WITHOUT_PID_NAMESPACES();
  ScopedChild init = CloneInit(PauseForever);
  const sys::Fd target = PidNamespaceOf(init.Number());
  const Handshake reap;
  const Shared<std::atomic<pid_t>> member;
  const Handshake member_dead;
  ScopedChild owner = Fork([&] {
    if (::setns(target.Get(), CLONE_NEWPID) != 0) return 1;
    ScopedChild child = Fork(PauseForever);
    member->store(child.Number());
    member_dead.Notify();
    (void)child.AwaitZombie();  // it is killed with its namespace
    member_dead.Notify();
    const bool told = reap.Await();
    return told && child.Reap() == SIGKILL ? 0 : 2;
  });
  ASSERT_TRUE(member_dead.Await());
  ASSERT_SYSCALL_SUCCEEDS(init.Signal(SIGKILL));
  ASSERT_TRUE(member_dead.Await());
  EXPECT_TRUE(AwaitState(init.Number(), "SI"));
  EXPECT_EQ(Wait4(init.Number(), WNOHANG).pid, 0);
  reap.Notify();
  EXPECT_EQ(init.Reap(), SIGKILL);
  EXPECT_EQ(owner.Reap(), 0);
}

PROMISE(PidNamespaceEnter, InitMayComeThroughSetns,
        {
            .says = "The first process of a pid namespace that unshare made may be forked by "
                    "another process, which entered the namespace by setns.",
            .item = "251",
            .authority = "pid_namespaces(7); kernel/pid.c alloc_pid()",
            .since = "7.2",
            .kind = Kind::kVersion,
        }) {
  const Handshake made;
  const Handshake end;
  const Shared<std::atomic<int>> refused;
  ScopedChild maker = Fork([&] {
    if (::unshare(CLONE_NEWPID) != 0) refused->store(errno);
    made.Notify();
    return end.Await() ? 0 : 1;
  });
  ASSERT_TRUE(made.Await());
  if (refused->load() != 0) GTEST_SKIP() << "this user may not make pid namespaces here";
  const std::string path = ProcPath(maker.Number(), "ns/pid_for_children");
  const sys::Fd empty(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const int error = empty.Valid() ? 0 : errno;
  const ChildChecks checks(empty.Valid() ? 3 : 0);
  if (empty.Valid()) {
    ScopedChild entering = Fork([&] {
      CHILD_EXPECT_SYSCALL_SUCCEEDS(checks, ::setns(empty.Get(), CLONE_NEWPID));
      ScopedChild first = Fork([&] { CHILD_EXPECT_EQ(checks, ::syscall(SYS_getpid), 1); });
      CHILD_EXPECT_EQ(checks, first.Reap(), 0);
    });
    EXPECT_EQ(entering.Reap(), 0);
  }
  end.Notify();
  EXPECT_EQ(maker.Reap(), 0);
  if (error == ENOENT) GTEST_SKIP() << "this kernel cannot open an empty pid namespace";
  EXPECT_ERRNO(error, 0);
}

}  // namespace
}  // namespace procmark::conformance
