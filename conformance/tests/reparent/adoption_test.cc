// More of reparenting: dead leaders, threads, injected processes, and namespaces that end late.
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/pid_namespace.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

PROMISE(Reparent, SubreaperWithoutLeaderAdoptsByALiveThread,
        {.says = "A subreaper whose leader thread has exited still adopts orphans, and its living "
                 "thread can wait for them.",
         .item = "238",
         .authority = "kernel/exit.c find_new_reaper() find_alive_thread()",
         .kind = Kind::kLinux}) {
  const Handshake leader_gone;
  const ChildChecks checks(2);
  ScopedChild subreaper = Fork([&] {
    (void)::prctl(PR_SET_CHILD_SUBREAPER, 1);
    const JoinedThread thread([&] {
      (void)leader_gone.Await();
      const Shared<std::atomic<pid_t>> orphan;
      const Handshake release;
      const pid_t middle = ::fork();
      if (middle == 0) {
        const pid_t pid = ::fork();
        if (pid == 0) ::_exit(release.Await() ? 37 : 1);
        orphan->store(pid);
        ::_exit(0);
      }
      (void)Wait4(middle, 0);
      CHILD_EXPECT_EQ(checks, ::getpid(), Stat(orphan->load()).ParentPid());
      release.Notify();
      CHILD_EXPECT_EQ(checks, 37 << 8, Wait4(orphan->load(), 0).status);
      ::_exit(0);
    });
    ::syscall(SYS_exit, 0);
  });
  ASSERT_TRUE(AwaitThreadState(subreaper.Number(), subreaper.Number(), "Z"));
  leader_gone.Notify();
  EXPECT_EQ(subreaper.Reap(), 0);
}

PROMISE(Reparent, AllThreadsOfAnOrphanChangeParentTogether,
        {.says = "All threads of an orphaned process show the new parent once the old one can be "
                 "waited for.",
         .item = "239",
         .authority = "kernel/exit.c forget_original_parent() (for_each_thread)",
         .kind = Kind::kLinux}) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  const Handshake ready;
  const Handshake end;
  const Handshake release;
  const Shared<std::atomic<pid_t>> orphan;
  const Shared<std::atomic<pid_t>> thread_tid;
  ScopedChild middle = Fork([&] {
    if (::fork() == 0) {
      orphan->store(::getpid());
      const JoinedThread thread([&] {
        thread_tid->store(OwnTid());
        ready.Notify();
        (void)release.Await();
        ::_exit(0);
      });
      PauseForever();
    }
    (void)end.Await();
    ::_exit(0);
  });
  ASSERT_TRUE(ready.Await());
  const ScopedProcess watched = ScopedProcess::Open(Stat(orphan->load()).pid);
  const auto parent_of = [&](pid_t tid) {
    const sys::Result<sys::ProcStat> stat = sys::ProcStat::ReadThread(watched.Number(), tid);
    return stat ? stat.Value().ParentPid() : -1;
  };
  EXPECT_EQ(parent_of(thread_tid->load()), middle.Number());
  end.Notify();
  (void)middle.AwaitZombie();
  EXPECT_EQ(parent_of(watched.Number()), ::getpid());
  EXPECT_EQ(parent_of(thread_tid->load()), ::getpid());
  EXPECT_EQ(middle.Reap(), 0);
  release.Notify();
  EXPECT_EQ(Wait4(watched.Number(), 0).status, 0);
}

PROMISE(Reparent, StoppedOrphanStaysStopped,
        {.says = "A stopped orphan whose group is not orphaned by it stays stopped.",
         .item = "245",
         .authority = "kernel/exit.c reparent_leader()",
         .kind = Kind::kLinux}) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  const pid_t group = ::getpgrp();  // tied to the session by the reaper, which is in another group
  const Shared<std::atomic<pid_t>> orphan;
  ScopedChild middle = Fork([&] {
    ScopedChild child = Fork([&] {
      (void)::setpgid(0, group);
      PauseForever();
    });
    (void)child.Signal(SIGSTOP);
    (void)child.AwaitStop();
    orphan->store(child.Number());
    ::_exit(0);
  });
  EXPECT_EQ(middle.Reap(), 0);
  {
    const ScopedProcess stopped = ScopedProcess::Open(orphan->load());
    EXPECT_EQ(Stat(stopped.Number()).ParentPid(), ::getpid());
    EXPECT_TRUE(AwaitState(stopped.Number(), "T"));
  }
  EXPECT_EQ(Wait4(orphan->load(), 0).status, SIGKILL);
}

sys::Fd PidNamespaceOf(pid_t pid) {
  return sys::Fd(
      ::open(("/proc/" + std::to_string(pid) + "/ns/pid").c_str(), O_RDONLY | O_CLOEXEC));
}

PROMISE(Pidns, SetnsAffectsChildrenOnly,
        {.says = "setns into a pid namespace leaves the caller's own numbers; its children are "
                 "members of that namespace, where they have no parent.",
         .item = "359",
         .authority = "setns(2), pid_namespaces(7)",
         .since = "3.8"}) {
  SKIP_WITHOUT_PID_NAMESPACES();
  const Handshake end;
  ScopedChild init = CloneInit([&] { return end.Await() ? 0 : 1; });
  const sys::Fd target = PidNamespaceOf(init.Number());
  ASSERT_TRUE(target.Valid());
  const ChildChecks checks(5);
  ScopedChild entering = Fork([&] {
    const auto before = ::syscall(SYS_getpid);
    CHILD_EXPECT_EQ(checks, 0, ::setns(target.Get(), CLONE_NEWPID));
    CHILD_EXPECT_EQ(checks, before, ::syscall(SYS_getpid));
    ScopedChild member = Fork([&] {
      CHILD_EXPECT_EQ(checks, 2, ::syscall(SYS_getpid));
      CHILD_EXPECT_EQ(checks, 0, ::syscall(SYS_getppid));
    });
    CHILD_EXPECT_EQ(checks, 0, member.Reap());
  });
  EXPECT_EQ(entering.Reap(), 0);
  end.Notify();
  EXPECT_EQ(init.Reap(), 0);
}

PROMISE(Pidns, OuterNumbersDoNotExistInside,
        {.says = "Processes outside a pid namespace cannot be named inside: kill, getpgid and "
                 "pidfd_open of their numbers are ESRCH.",
         .item = "360",
         .authority = "pid_namespaces(7)",
         .since = "2.6.24"}) {
  SKIP_WITHOUT_PID_NAMESPACES();
  const Handshake end;
  ScopedChild outside = Fork([&] { return end.Await() ? 0 : 1; });
  const pid_t number = outside.Number();
  ASSERT_GT(number, 2);
  EXPECT_EQ(::getpgid(number), ::getpgrp()) << "the decoy: it exists here";
  const ChildChecks checks(3);
  ScopedChild init = CloneInit([&] {
    CHILD_EXPECT_EQ(checks, ESRCH, ::getpgid(number) == -1 ? errno : 0);
    CHILD_EXPECT_EQ(checks, ESRCH, ::syscall(SYS_pidfd_open, number, 0) == -1 ? errno : 0);
    CHILD_EXPECT_EQ(checks, ESRCH, ::syscall(SYS_tgkill, number, number, 0) == -1 ? errno : 0);
  });
  EXPECT_EQ(init.Reap(), 0);
  end.Notify();
  EXPECT_EQ(outside.Reap(), 0);
}

PROMISE(Pidns, InjectedOrphanGoesToTheOuterReaper,
        {.says = "A process put into a pid namespace by setns goes, when its parent outside ends, "
                 "to the reaper outside; inside it never has a parent.",
         .item = "236",
         .authority = "pid_namespaces(7); kernel/exit.c find_new_reaper()",
         .since = "3.8"}) {
  SKIP_WITHOUT_PID_NAMESPACES();
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
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
      CHILD_EXPECT_EQ(checks, 0, ::syscall(SYS_getppid));
      born.Notify();
      const bool told = release.Await();
      CHILD_EXPECT_EQ(checks, 0, ::syscall(SYS_getppid));
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

PROMISE(Pidns, InitIsNotDoneBeforeZombiesOfOutsiders,
        {.says = "A namespace's init that has ended cannot be waited for while a zombie of the "
                 "namespace that belongs to a parent outside is not reaped; it waits asleep (S or "
                 "I), not spinning.",
         .item = "247 20",
         .authority = "pid_namespaces(7); kernel/pid_namespace.c zap_pid_ns_processes()",
         .since = "3.8",
         .kind = Kind::kVersion}) {
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
    (void)child.AwaitZombie();  // killed with its namespace
    member_dead.Notify();
    const bool told = reap.Await();
    return told && child.Reap() == SIGKILL ? 0 : 2;
  });
  ASSERT_TRUE(member_dead.Await());
  ASSERT_TRUE(init.Signal(SIGKILL).Ok());
  ASSERT_TRUE(member_dead.Await());
  EXPECT_TRUE(AwaitState(init.Number(), "SI"));
  EXPECT_EQ(Wait4(init.Number(), WNOHANG).pid, 0);
  reap.Notify();
  EXPECT_EQ(init.Reap(), SIGKILL);
  EXPECT_EQ(owner.Reap(), 0);
}

PROMISE(Pidns, InitMayComeThroughSetns,
        {.says = "The first process of a pid namespace that unshare made may be forked by another "
                 "process, which entered it by setns.",
         .item = "251",
         .authority = "pid_namespaces(7); kernel/pid.c alloc_pid()",
         .since = "7.2",
         .kind = Kind::kVersion}) {
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
  const std::string path = "/proc/" + std::to_string(maker.Number()) + "/ns/pid_for_children";
  const sys::Fd empty(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const int error = empty.Valid() ? 0 : errno;
  const ChildChecks checks(empty.Valid() ? 3 : 0);
  if (empty.Valid()) {
    ScopedChild entering = Fork([&] {
      CHILD_EXPECT_EQ(checks, 0, ::setns(empty.Get(), CLONE_NEWPID));
      ScopedChild first = Fork([&] { CHILD_EXPECT_EQ(checks, 1, ::syscall(SYS_getpid)); });
      CHILD_EXPECT_EQ(checks, 0, first.Reap());
    });
    EXPECT_EQ(entering.Reap(), 0);
  }
  end.Notify();
  EXPECT_EQ(maker.Reap(), 0);
  if (error == ENOENT) GTEST_SKIP() << "an empty pid namespace cannot be opened on this kernel";
  EXPECT_EQ(error, 0);
}

}  // namespace
}  // namespace procmark::conformance
