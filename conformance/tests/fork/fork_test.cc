// SPDX-License-Identifier: MIT
// What fork(2) returns, and what the child is.
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <string>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/children.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "harness/sys/proc_stat.h"

namespace procmark::conformance {
namespace {

PROMISE(Fork, ReturnsChildToParentAndZeroToChild,
        {
            .says = "fork returns the child's pid in the parent and 0 in the child, which has a "
                    "new pid and the caller as its parent.",
            .item = "22",
            .authority = "fork(2); POSIX.1 fork",
        }) {
  const ChildChecks checks(2);
  const pid_t test = ::getpid();
  const Shared<std::atomic<pid_t>> own;
  ScopedChild child = Fork([&] {
    own->store(::getpid());
    CHILD_EXPECT_EQ(checks, ::getppid(), test);
    CHILD_EXPECT_EQ(checks, OwnTid(), ::getpid());
  });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_GT(child.Number(), 0);
  EXPECT_NE(child.Number(), test);
  EXPECT_EQ(own->load(), child.Number());
}

PROMISE(Fork, OnlyTheCallingThreadExists,
        {
            .says = "Only the thread that called fork exists in the child, and its tid is its pid.",
            .item = "41",
            .authority = "fork(2); POSIX.1 fork",
        }) {
  const Handshake end;
  const JoinedThread other([&] { (void)end.Await(); });
  ASSERT_EQ(StatusLine(::getpid(), "Threads"), "2") << "the control: the parent has two threads";
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_TRUE(checks, StatusLine(::getpid(), "Threads") == "1");
    CHILD_EXPECT_EQ(checks, OwnTid(), ::getpid());
  });
  EXPECT_EQ(child.Reap(), 0);
  end.Notify();
}

PROMISE(Fork, ByAnotherThreadMakesALeader,
        {
            .says = "A child forked by a thread that is not the leader is a leader, and its parent "
                    "is the process, not the thread.",
            .item = "42",
            .authority = "fork(2); kernel/fork.c copy_process()",
        }) {
  const pid_t test = ::getpid();
  const ChildChecks checks(3);
  pid_t forker = 0;
  {
    const JoinedThread thread([&] {
      forker = OwnTid();
      ScopedChild child = Fork([&] {
        CHILD_EXPECT_EQ(checks, ::getppid(), test);
        CHILD_EXPECT_EQ(checks, OwnTid(), ::getpid());
        CHILD_EXPECT_TRUE(checks, StatusLine(::getpid(), "Tgid") == std::to_string(::getpid()));
      });
      EXPECT_EQ(child.Reap(), 0);
    });
  }
  EXPECT_NE(forker, test) << "the control: the forker was not the leader";
}

int64_t CpuTimeNs() {
  timespec used{};
  (void)::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;
}

PROMISE(Fork, CpuTimesStartAtZero,
        {
            .says = "times, rusage and the CPU clock of a child start at 0, whatever its parent "
                    "has used.",
            .item = "39 40 326",
            .authority = "fork(2), times(2), clock_getres(2); kernel/fork.c copy_process()",
        }) {
  constexpr int64_t kUsedNs = 60'000'000;
  while (CpuTimeNs() < kUsedNs) {
  }
  const ChildChecks checks(3);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_TRUE(checks, CpuTimeNs() < kUsedNs);
    tms spent{};
    (void)::times(&spent);
    CHILD_EXPECT_EQ(checks, spent.tms_cutime + spent.tms_cstime, 0);
    rusage children{};
    (void)::getrusage(RUSAGE_CHILDREN, &children);
    CHILD_EXPECT_EQ(checks, children.ru_maxrss + children.ru_minflt, 0);
  });
  ASSERT_EQ(child.Reap(), 0);
}

PROMISE(Fork, SetsTheForkNoExecFlag,
        {
            .says = "A forked task has PF_FORKNOEXEC (0x40) in field 9 of its stat, and SIGCHLD as "
                    "its exit signal in field 38.",
            .item = "53 55 376",
            .authority = "proc_pid_stat(5); kernel/fork.c copy_process()",
            .kind = Kind::kLinux,
        }) {
  const ScopedChild zombie = Fork([] { return 0; });
  (void)zombie.AwaitZombie();
  const sys::ProcStat stat = Stat(zombie.Number());
  EXPECT_EQ(stat.Flags() & 0x40, 0x40);
  EXPECT_EQ(stat.ExitSignal(), SIGCHLD);
}

PROMISE(Fork, StartTimeIsNotBeforeTheParents,
        {
            .says = "A child's start time is not before its parent's, and is the same when the "
                    "child is a zombie.",
            .item = "54 369",
            .authority = "proc_pid_stat(5); kernel/fork.c copy_process()",
        }) {
  const Handshake end;
  const ScopedChild child = ForkUntil(end);
  const int64_t start = Stat(child.Number()).StartTimeTicks();
  EXPECT_GE(start, Stat(::getpid()).StartTimeTicks());
  end.Notify();
  (void)child.AwaitZombie();
  EXPECT_EQ(Stat(child.Number()).StartTimeTicks(), start);
}

}  // namespace
}  // namespace procmark::conformance
