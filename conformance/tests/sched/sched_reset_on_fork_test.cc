// SPDX-License-Identifier: MIT
// What SCHED_RESET_ON_FORK resets in the child.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/scheduling.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/users.h"

namespace procmark::conformance {
namespace {

PROMISE(SchedResetOnFork, MakesRealTimeChildrenOrdinary,
        {
            .says = "With SCHED_RESET_ON_FORK the child of a real-time process is SCHED_OTHER with "
                    "priority 0 and nice 0, even when its parent's nice value is positive.",
            .item = "321",
            .authority = "sched(7) SCHED_RESET_ON_FORK; kernel/sched/core.c sched_fork()",
            .since = "2.6.32",
        }) {
  SKIP_IF_NICER_THAN(9);
  ASSERT_SYSCALL_SUCCEEDS(::setpriority(PRIO_PROCESS, 0, 9));
  if (const int error = SetPolicy(SCHED_FIFO | SCHED_RESET_ON_FORK, 5); error != 0) {
    GTEST_SKIP() << "this user may not set a real-time policy here: " << ErrnoText(error);
  }
  const ChildChecks checks(3);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_EQ(checks, Policy(), SCHED_OTHER);
    CHILD_EXPECT_EQ(checks, Priority(), 0);
    CHILD_EXPECT_EQ(checks, Nice(), 0);
  });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(Policy(), SCHED_FIFO | SCHED_RESET_ON_FORK)
      << "the parent keeps its policy and the flag";
}

PROMISE(SchedResetOnFork, FlagIsClearedInTheChild,
        {
            .says = "The child of a process with SCHED_RESET_ON_FORK does not have the flag, and "
                    "its parent keeps it.",
            .item = "321",
            .authority = "sched(7) SCHED_RESET_ON_FORK; kernel/sched/core.c sched_fork()",
            .since = "2.6.32",
        }) {
  ASSERT_ERRNO(SetPolicy(SCHED_BATCH | SCHED_RESET_ON_FORK, 0), 0);
  const ChildChecks checks(1);
  ScopedChild child = Fork([&] { CHILD_EXPECT_EQ(checks, Policy(), SCHED_BATCH); });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(Policy(), SCHED_BATCH | SCHED_RESET_ON_FORK);
}

PROMISE(SchedResetOnFork, KeepsPositiveNice,
        {
            .says = "With SCHED_RESET_ON_FORK a policy that is not real-time and a positive nice "
                    "value are kept.",
            .item = "322",
            .authority = "sched(7) SCHED_RESET_ON_FORK; kernel/sched/core.c sched_fork()",
            .since = "2.6.32",
        }) {
  SKIP_IF_NICER_THAN(6);
  ASSERT_SYSCALL_SUCCEEDS(::setpriority(PRIO_PROCESS, 0, 6));
  ASSERT_ERRNO(SetPolicy(SCHED_BATCH | SCHED_RESET_ON_FORK, 0), 0);
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_EQ(checks, Policy(), SCHED_BATCH);
    CHILD_EXPECT_EQ(checks, Nice(), 6);
  });
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(SchedResetOnFork, MakesNegativeNiceZero,
        {
            .says = "With SCHED_RESET_ON_FORK a negative nice value becomes 0 in the child and its "
                    "policy is kept, and without the flag the nice value stays negative.",
            .item = "322",
            .authority = "sched(7) SCHED_RESET_ON_FORK; kernel/sched/core.c sched_fork()",
            .since = "2.6.32",
        }) {
  if (::setpriority(PRIO_PROCESS, 0, -4) != 0) {
    GTEST_SKIP() << "this user may not set a negative nice value here: " << ErrnoText(errno);
  }
  const ChildChecks checks(4);
  ScopedChild plain = Fork([&] {
    CHILD_EXPECT_EQ(checks, Nice(), -4);
    CHILD_EXPECT_EQ(checks, Policy(), SCHED_OTHER);
  });
  EXPECT_EQ(plain.Reap(), 0);
  ASSERT_ERRNO(SetPolicy(SCHED_BATCH | SCHED_RESET_ON_FORK, 0), 0);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_EQ(checks, Nice(), 0);
    CHILD_EXPECT_EQ(checks, Policy(), SCHED_BATCH);
  });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(Nice(), -4);
}

PROMISE(SchedResetOnFork, UnprivilegedUserCannotClearIt,
        {
            .says = "SCHED_RESET_ON_FORK can be set without privilege, but clearing it without "
                    "privilege fails with EPERM.",
            .item = "321",
            .authority = "sched(7) SCHED_RESET_ON_FORK; kernel/sched/ "
                         "user_check_sched_setscheduler()",
            .since = "2.6.32",
        }) {
  if (::geteuid() != 0) {
    ASSERT_ERRNO(SetPolicy(SCHED_OTHER | SCHED_RESET_ON_FORK, 0), 0);
    EXPECT_ERRNO(SetPolicy(SCHED_OTHER, 0), EPERM);
    return;
  }
  ScopedChild user = Fork([] {
    if (!BecomeOrdinaryUser()) return 1;
    if (SetPolicy(SCHED_OTHER | SCHED_RESET_ON_FORK, 0) != 0) return 2;
    return SetPolicy(SCHED_OTHER, 0) == EPERM ? 0 : 3;
  });
  EXPECT_EQ(user.Reap(), 0);
}

PROMISE(SchedResetOnFork, DeadlineTaskCannotForkWithoutIt,
        {
            .says = "fork by a SCHED_DEADLINE process fails with EAGAIN, and with "
                    "SCHED_RESET_ON_FORK it creates a SCHED_OTHER child.",
            .item = "324 321",
            .authority = "sched(7) SCHED_DEADLINE; kernel/sched/core.c sched_fork()",
            .since = "3.14",
        }) {
  sched_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.sched_policy = SCHED_DEADLINE;
  attributes.sched_runtime = 1'000'000;
  attributes.sched_deadline = 100'000'000;
  attributes.sched_period = 100'000'000;
  if (::syscall(SYS_sched_setattr, 0, &attributes, 0) != 0) {
    GTEST_SKIP() << "this user may not set SCHED_DEADLINE here: " << ErrnoText(errno);
  }
  const pid_t refused = ::fork();
  if (refused == 0) ::_exit(0);
  const int error = refused < 0 ? errno : 0;
  if (refused > 0) (void)Wait4(refused, 0);
  EXPECT_ERRNO(error, EAGAIN);
  attributes.sched_flags = SCHED_FLAG_RESET_ON_FORK;
  ASSERT_SYSCALL_SUCCEEDS(::syscall(SYS_sched_setattr, 0, &attributes, 0));
  const pid_t child = ::fork();
  if (child == 0) ::_exit(Policy() == SCHED_OTHER ? 0 : 1);
  ASSERT_GT(child, 0);
  EXPECT_EQ(Wait4(child, 0).status, 0);
  EXPECT_EQ(Policy(), SCHED_DEADLINE | SCHED_RESET_ON_FORK);
  EXPECT_ERRNO(SetPolicy(SCHED_OTHER, 0), 0);
}

constexpr uint64_t kSliceNs = 20'000'000;

// The slice of the calling task, or 0 where the kernel does not report it.
uint64_t SliceNs() {
  sched_attr now{};
  now.size = sizeof now;
  return ::syscall(SYS_sched_getattr, 0, &now, sizeof now, 0) == 0 ? now.sched_runtime : 0;
}

bool SetSlice(uint64_t flags) {
  sched_attr wanted{};
  wanted.size = sizeof wanted;
  wanted.sched_flags = flags;
  wanted.sched_runtime = kSliceNs;
  return ::syscall(SYS_sched_setattr, 0, &wanted, 0) == 0;
}

PROMISE(SchedResetOnFork, ResetsTheSlice,
        {
            .says = "fork copies a custom slice, and with SCHED_RESET_ON_FORK the child has the "
                    "default one.",
            .item = "323",
            .authority = "sched_setattr(2) sched_runtime; kernel/sched/core.c sched_fork()",
            .since = "6.12",
            .kind = Kind::kVersion,
        }) {
  const uint64_t usual_ns = SliceNs();
  if (usual_ns == 0 || !SetSlice(0) || SliceNs() != kSliceNs) {
    GTEST_SKIP() << "this kernel has no custom slices";
  }
  ASSERT_NE(usual_ns, kSliceNs);
  const ChildChecks checks(2);
  ScopedChild copy = Fork([&] { CHILD_EXPECT_EQ(checks, SliceNs(), kSliceNs); });
  EXPECT_EQ(copy.Reap(), 0);
  ASSERT_TRUE(SetSlice(SCHED_FLAG_RESET_ON_FORK));
  ScopedChild reset = Fork([&] { CHILD_EXPECT_EQ(checks, SliceNs(), usual_ns); });
  EXPECT_EQ(reset.Reap(), 0);
  EXPECT_EQ(SliceNs(), kSliceNs) << "the parent keeps its own";
}

PROMISE(SchedResetOnFork, ResetsTimerSlack,
        {
            .says = "A real-time task's timer slack is 0, and with SCHED_RESET_ON_FORK its child, "
                    "which is an ordinary task, has a slack other than 0.",
            .item = "323",
            .authority = "kernel/sched/core.c sched_fork(); the changelogs of 6.1.178 and 6.12.97",
            .kind = Kind::kInfo,
        }) {
  const sched_param parameter{1};
  if (::syscall(SYS_sched_setscheduler, 0, SCHED_FIFO | SCHED_RESET_ON_FORK, &parameter) != 0) {
    GTEST_SKIP() << "this user may not set SCHED_FIFO here";
  }
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_EQ(checks, ::syscall(SYS_sched_getscheduler, 0), SCHED_OTHER);
    CHILD_EXPECT_TRUE(checks, ::prctl(PR_GET_TIMERSLACK) > 0);
  });
  EXPECT_EQ(child.Reap(), 0);
}

}  // namespace
}  // namespace procmark::conformance
