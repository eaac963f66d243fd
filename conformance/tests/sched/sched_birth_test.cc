// Scheduling attributes at birth: what a child inherits, and what SCHED_RESET_ON_FORK resets.
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"

namespace procmark::conformance {
namespace {

// ioprio_set(2), which has no header of its own in the C library.
constexpr int kIoWhoProcess = 1;
constexpr int BestEffort(int level) { return (2 << 13) | level; }

// All as the kernel sees them: no cached value of the C library.
long Policy() { return ::syscall(SYS_sched_getscheduler, 0); }
int Priority() {
  sched_param parameter{};
  return ::syscall(SYS_sched_getparam, 0, &parameter) == 0 ? parameter.sched_priority : -1;
}
int Nice() { return ::getpriority(PRIO_PROCESS, 0); }

// errno of sched_setscheduler(2) for the calling thread.
int SetPolicy(int policy, int priority) {
  const sched_param parameter{priority};
  return ::syscall(SYS_sched_setscheduler, 0, policy, &parameter) == 0 ? 0 : errno;
}

// Runs the checks in a forked child and in a thread of the calling process.
template <typename Body>
void InChildAndThread(const Body& body) {
  ScopedChild child = Fork(body);
  EXPECT_EQ(child.Reap(), 0);
  const JoinedThread thread(body);
}

PROMISE(Sched, NiceIsInherited,
        {.says = "A child and a thread have their creator's nice value; changing it later moves "
                 "neither back.",
         .item = "320",
         .authority = "sched(7), setpriority(2); kernel/sched/core.c sched_fork()"}) {
  ASSERT_EQ(::setpriority(PRIO_PROCESS, 0, 7), 0);
  const ChildChecks checks(2);
  InChildAndThread([&] { CHILD_EXPECT_EQ(checks, 7, Nice()); });
  ScopedChild changer = Fork([] { return ::setpriority(PRIO_PROCESS, 0, 11); });
  EXPECT_EQ(changer.Reap(), 0);
  EXPECT_EQ(Nice(), 7) << "the child's value is its own";
}

PROMISE(Sched, BatchAndIdleAreInherited,
        {.says = "SCHED_BATCH and SCHED_IDLE are inherited by children and threads, with the nice "
                 "value.",
         .item = "320",
         .authority = "sched(7); kernel/sched/core.c sched_fork()"}) {
  ASSERT_EQ(::setpriority(PRIO_PROCESS, 0, 3), 0);
  const ChildChecks checks(8);
  for (const int policy : {SCHED_BATCH, SCHED_IDLE}) {
    ASSERT_EQ(SetPolicy(policy, 0), 0);
    InChildAndThread([&] {
      CHILD_EXPECT_EQ(checks, policy, Policy());
      CHILD_EXPECT_EQ(checks, 3, Nice());
    });
  }
}

PROMISE(Sched, RealTimePolicyAndPriorityAreInherited,
        {.says = "SCHED_FIFO and SCHED_RR with their priority are inherited by children and "
                 "threads.",
         .item = "320",
         .authority = "sched(7); kernel/sched/core.c sched_fork()"}) {
  if (const int error = SetPolicy(SCHED_FIFO, 5); error != 0) {
    GTEST_SKIP() << "no real-time policy for this user here, errno " << error;
  }
  const ChildChecks checks(8);
  for (const int policy : {SCHED_FIFO, SCHED_RR}) {
    ASSERT_EQ(SetPolicy(policy, 5), 0);
    InChildAndThread([&] {
      CHILD_EXPECT_EQ(checks, policy, Policy());
      CHILD_EXPECT_EQ(checks, 5, Priority());
    });
  }
  EXPECT_EQ(SetPolicy(SCHED_OTHER, 0), 0);
}

PROMISE(Sched, AffinityIsInherited,
        {.says = "A child and a thread have their creator's CPU affinity mask.",
         .item = "320",
         .authority = "sched_setaffinity(2); sched(7)"}) {
  cpu_set_t all;
  ASSERT_EQ(::sched_getaffinity(0, sizeof all, &all), 0);
  int last = -1;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &all)) last = cpu;
  }
  if (CPU_COUNT(&all) < 2) GTEST_SKIP() << "one CPU: every mask is the same";
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(last, &one);
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  const ChildChecks checks(4);
  InChildAndThread([&] {
    cpu_set_t mine;
    CHILD_EXPECT_EQ(checks, 0, ::sched_getaffinity(0, sizeof mine, &mine));
    CHILD_EXPECT_TRUE(checks, CPU_EQUAL(&mine, &one));
  });
}

PROMISE(Sched, IoPriorityIsInherited,
        {.says = "A child and a thread have their creator's I/O priority.",
         .item = "320 112",
         .authority = "ioprio_set(2); block/blk-ioc.c __copy_io()"}) {
  const auto set = [](int value) { return ::syscall(SYS_ioprio_set, kIoWhoProcess, 0, value); };
  const auto get = [] { return ::syscall(SYS_ioprio_get, kIoWhoProcess, 0); };
  if (set(BestEffort(6)) != 0 && errno == ENOSYS) GTEST_SKIP() << "no I/O priorities here";
  const ChildChecks checks(2);
  InChildAndThread([&] { CHILD_EXPECT_EQ(checks, BestEffort(6), get()); });
  ScopedChild changer = Fork([&] { return set(BestEffort(2)) == 0 ? 0 : 1; });
  EXPECT_EQ(changer.Reap(), 0);
  EXPECT_EQ(get(), BestEffort(6)) << "the child's value is its own";
}

PROMISE(Sched, ResetOnForkMakesRealTimeChildrenOrdinary,
        {.says = "With SCHED_RESET_ON_FORK the child of a real-time process is SCHED_OTHER with "
                 "priority 0 and nice 0, though its parent's nice value is positive.",
         .item = "321",
         .authority = "sched(7) SCHED_RESET_ON_FORK; kernel/sched/core.c sched_fork()",
         .since = "2.6.32"}) {
  ASSERT_EQ(::setpriority(PRIO_PROCESS, 0, 9), 0);
  if (const int error = SetPolicy(SCHED_FIFO | SCHED_RESET_ON_FORK, 5); error != 0) {
    GTEST_SKIP() << "no real-time policy for this user here, errno " << error;
  }
  const ChildChecks checks(3);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_EQ(checks, SCHED_OTHER, Policy());
    CHILD_EXPECT_EQ(checks, 0, Priority());
    CHILD_EXPECT_EQ(checks, 0, Nice());
  });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(Policy(), SCHED_FIFO | SCHED_RESET_ON_FORK) << "the parent keeps policy and flag";
}

PROMISE(Sched, ResetOnForkFlagIsClearedInTheChild,
        {.says = "The child of a process with SCHED_RESET_ON_FORK has not got the flag; its parent "
                 "keeps it.",
         .item = "321",
         .authority = "sched(7) SCHED_RESET_ON_FORK; kernel/sched/core.c sched_fork()",
         .since = "2.6.32"}) {
  ASSERT_EQ(SetPolicy(SCHED_BATCH | SCHED_RESET_ON_FORK, 0), 0);
  const ChildChecks checks(1);
  ScopedChild child = Fork([&] { CHILD_EXPECT_EQ(checks, SCHED_BATCH, Policy()); });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(Policy(), SCHED_BATCH | SCHED_RESET_ON_FORK);
}

PROMISE(Sched, ResetOnForkKeepsPositiveNice,
        {.says = "With SCHED_RESET_ON_FORK a policy that is not real-time is kept, and so is a "
                 "positive nice value.",
         .item = "322",
         .authority = "sched(7) SCHED_RESET_ON_FORK; kernel/sched/core.c sched_fork()",
         .since = "2.6.32"}) {
  ASSERT_EQ(::setpriority(PRIO_PROCESS, 0, 6), 0);
  ASSERT_EQ(SetPolicy(SCHED_BATCH | SCHED_RESET_ON_FORK, 0), 0);
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_EQ(checks, SCHED_BATCH, Policy());
    CHILD_EXPECT_EQ(checks, 6, Nice());
  });
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(Sched, ResetOnForkMakesNegativeNiceZero,
        {.says = "With SCHED_RESET_ON_FORK a negative nice value becomes 0 in the child, and its "
                 "policy is kept; without the flag it stays negative.",
         .item = "322",
         .authority = "sched(7) SCHED_RESET_ON_FORK; kernel/sched/core.c sched_fork()",
         .since = "2.6.32"}) {
  if (::setpriority(PRIO_PROCESS, 0, -4) != 0) {
    GTEST_SKIP() << "no negative nice value for this user here, errno " << errno;
  }
  const ChildChecks checks(4);
  ScopedChild plain = Fork([&] {
    CHILD_EXPECT_EQ(checks, -4, Nice());
    CHILD_EXPECT_EQ(checks, SCHED_OTHER, Policy());
  });
  EXPECT_EQ(plain.Reap(), 0);
  ASSERT_EQ(SetPolicy(SCHED_BATCH | SCHED_RESET_ON_FORK, 0), 0);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_EQ(checks, 0, Nice());
    CHILD_EXPECT_EQ(checks, SCHED_BATCH, Policy());
  });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(Nice(), -4);
}

PROMISE(Sched, UnprivilegedCannotClearResetOnFork,
        {.says = "SCHED_RESET_ON_FORK can be set without privilege but not cleared: EPERM.",
         .item = "321",
         .authority = "sched(7) SCHED_RESET_ON_FORK; kernel/sched/ user_check_sched_setscheduler()",
         .since = "2.6.32"}) {
  if (::geteuid() != 0) {
    ASSERT_EQ(SetPolicy(SCHED_OTHER | SCHED_RESET_ON_FORK, 0), 0);
    EXPECT_EQ(SetPolicy(SCHED_OTHER, 0), EPERM);
    return;
  }
  ScopedChild user = Fork([] {
    if (::setresuid(54321, 54321, 54321) != 0) return 1;
    if (SetPolicy(SCHED_OTHER | SCHED_RESET_ON_FORK, 0) != 0) return 2;
    return SetPolicy(SCHED_OTHER, 0) == EPERM ? 0 : 3;
  });
  EXPECT_EQ(user.Reap(), 0);
}

PROMISE(Sched, DeadlineTaskCannotForkWithoutReset,
        {.says = "fork by a SCHED_DEADLINE process is EAGAIN; with SCHED_RESET_ON_FORK it makes a "
                 "SCHED_OTHER child.",
         .item = "324 321",
         .authority = "sched(7) SCHED_DEADLINE; kernel/sched/core.c sched_fork()",
         .since = "3.14"}) {
  sched_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.sched_policy = SCHED_DEADLINE;
  attributes.sched_runtime = 1'000'000;
  attributes.sched_deadline = 100'000'000;
  attributes.sched_period = 100'000'000;
  if (::syscall(SYS_sched_setattr, 0, &attributes, 0) != 0) {
    GTEST_SKIP() << "no deadline scheduling for this user here, errno " << errno;
  }
  const pid_t refused = ::fork();
  if (refused == 0) ::_exit(0);
  const int error = refused < 0 ? errno : 0;
  if (refused > 0) (void)Wait4(refused, 0);
  EXPECT_EQ(error, EAGAIN);
  attributes.sched_flags = SCHED_FLAG_RESET_ON_FORK;
  ASSERT_EQ(::syscall(SYS_sched_setattr, 0, &attributes, 0), 0);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(Policy() == SCHED_OTHER ? 0 : 1);
  ASSERT_GT(child, 0);
  EXPECT_EQ(Wait4(child, 0).status, 0);
  EXPECT_EQ(Policy(), SCHED_DEADLINE | SCHED_RESET_ON_FORK);
  EXPECT_EQ(SetPolicy(SCHED_OTHER, 0), 0);
}

PROMISE(Sched, TimerSlackOfTheParentIsTheChildsDefault,
        {.says = "A child's current and default timer slack are its parent's current one: setting "
                 "0 in the child gives that value back.",
         .item = "37 323",
         .authority = "PR_SET_TIMERSLACK(2const); kernel/fork.c copy_process()"}) {
  ASSERT_EQ(::prctl(PR_SET_TIMERSLACK, 123'456), 0);
  const ChildChecks checks(3);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_EQ(checks, 123'456, ::prctl(PR_GET_TIMERSLACK));
    (void)::prctl(PR_SET_TIMERSLACK, 7'777);
    CHILD_EXPECT_EQ(checks, 7'777, ::prctl(PR_GET_TIMERSLACK));
    (void)::prctl(PR_SET_TIMERSLACK, 0);  // back to the default
    CHILD_EXPECT_EQ(checks, 123'456, ::prctl(PR_GET_TIMERSLACK));
  });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(::prctl(PR_GET_TIMERSLACK), 123'456);
}

}  // namespace
}  // namespace procmark::conformance
