// SPDX-License-Identifier: MIT
// Scheduling attributes that children and threads inherit from their creator.
#include <gtest/gtest.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/scheduling.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/test_deadline.h"

namespace procmark::conformance {
namespace {

// Runs the checks in a forked child and in a thread of the calling process.
template <typename Body>
void InChildAndThread(const Body& body) {
  ScopedChild child = Fork(body);
  EXPECT_EQ(child.Reap(), 0);
  const JoinedThread thread(body);
}

PROMISE(SchedInherited, Nice,
        {
            .says = "A child and a thread have their creator's nice value, and a later change in "
                    "them does not affect the creator.",
            .item = "320",
            .authority = "sched(7), setpriority(2); kernel/sched/core.c sched_fork()",
        }) {
  SKIP_IF_NICER_THAN(7);
  ASSERT_SYSCALL_SUCCEEDS(::setpriority(PRIO_PROCESS, 0, 7));
  const ChildChecks checks(2);
  InChildAndThread([&] { CHILD_EXPECT_EQ(checks, Nice(), 7); });
  ScopedChild changer = Fork([] { return ::setpriority(PRIO_PROCESS, 0, 11); });
  EXPECT_EQ(changer.Reap(), 0);
  EXPECT_EQ(Nice(), 7) << "the child's value is separate";
}

PROMISE(SchedInherited, BatchAndIdle,
        {
            .says = "Children and threads inherit SCHED_BATCH and SCHED_IDLE with the nice value.",
            .item = "320",
            .authority = "sched(7); kernel/sched/core.c sched_fork()",
        }) {
  SKIP_IF_NICER_THAN(3);
  ASSERT_SYSCALL_SUCCEEDS(::setpriority(PRIO_PROCESS, 0, 3));
  const ChildChecks checks(8);
  for (const int policy : {SCHED_BATCH, SCHED_IDLE}) {
    ASSERT_ERRNO(SetPolicy(policy, 0), 0);
    InChildAndThread([&] {
      CHILD_EXPECT_EQ(checks, Policy(), policy);
      CHILD_EXPECT_EQ(checks, Nice(), 3);
    });
  }
}

PROMISE(SchedInherited, RealTimePolicyAndPriority,
        {
            .says = "Children and threads inherit SCHED_FIFO and SCHED_RR with their priority.",
            .item = "320",
            .authority = "sched(7); kernel/sched/core.c sched_fork()",
        }) {
  if (const int error = SetPolicy(SCHED_FIFO, 5); error != 0) {
    GTEST_SKIP() << "this user may not set a real-time policy here: " << ErrnoText(error);
  }
  const ChildChecks checks(8);
  for (const int policy : {SCHED_FIFO, SCHED_RR}) {
    ASSERT_ERRNO(SetPolicy(policy, 5), 0);
    InChildAndThread([&] {
      CHILD_EXPECT_EQ(checks, Policy(), policy);
      CHILD_EXPECT_EQ(checks, Priority(), 5);
    });
  }
  EXPECT_ERRNO(SetPolicy(SCHED_OTHER, 0), 0);
}

PROMISE(SchedInherited, Affinity,
        {
            .says = "A child and a thread have their creator's CPU affinity mask.",
            .item = "320",
            .authority = "sched_setaffinity(2); sched(7)",
        }) {
  cpu_set_t all;
  ASSERT_SYSCALL_SUCCEEDS(::sched_getaffinity(0, sizeof all, &all));
  int last = -1;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &all)) last = cpu;
  }
  if (CPU_COUNT(&all) < 2) GTEST_SKIP() << "there is only one CPU, so every mask is the same";
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(last, &one);
  ASSERT_SYSCALL_SUCCEEDS(::sched_setaffinity(0, sizeof one, &one));
  const ChildChecks checks(4);
  InChildAndThread([&] {
    cpu_set_t mine;
    CHILD_EXPECT_SYSCALL_SUCCEEDS(checks, ::sched_getaffinity(0, sizeof mine, &mine));
    CHILD_EXPECT_TRUE(checks, CPU_EQUAL(&mine, &one));
  });
}

// ioprio_set(2), for which the C library has no header.
constexpr int kIoWhoProcess = 1;
constexpr int BestEffort(int level) { return (2 << 13) | level; }

PROMISE(SchedInherited, IoPriority,
        {
            .says = "A child and a thread have their creator's I/O priority.",
            .item = "320 112",
            .authority = "ioprio_set(2); block/blk-ioc.c __copy_io()",
        }) {
  const auto set = [](int value) { return ::syscall(SYS_ioprio_set, kIoWhoProcess, 0, value); };
  const auto get = [] { return ::syscall(SYS_ioprio_get, kIoWhoProcess, 0); };
  if (set(BestEffort(6)) != 0 && errno == ENOSYS)
    GTEST_SKIP() << "this kernel has no I/O priorities";
  const ChildChecks checks(2);
  InChildAndThread([&] { CHILD_EXPECT_EQ(checks, get(), BestEffort(6)); });
  ScopedChild changer = Fork([&] { return set(BestEffort(2)) == 0 ? 0 : 1; });
  EXPECT_EQ(changer.Reap(), 0);
  EXPECT_EQ(get(), BestEffort(6)) << "the child's value is separate";
}

PROMISE(SchedInherited, TimerSlackAsTheDefault,
        {
            .says = "A child's current and default timer slack are its parent's current one, so "
                    "that setting 0 in the child restores that value.",
            .item = "37 323",
            .authority = "PR_SET_TIMERSLACK(2const); kernel/fork.c copy_process()",
        }) {
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_TIMERSLACK, 123'456));
  const ChildChecks checks(3);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_EQ(checks, ::prctl(PR_GET_TIMERSLACK), 123'456);
    (void)::prctl(PR_SET_TIMERSLACK, 7'777);
    CHILD_EXPECT_EQ(checks, ::prctl(PR_GET_TIMERSLACK), 7'777);
    (void)::prctl(PR_SET_TIMERSLACK, 0);  // back to the default
    CHILD_EXPECT_EQ(checks, ::prctl(PR_GET_TIMERSLACK), 123'456);
  });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(::prctl(PR_GET_TIMERSLACK), 123'456);
}

// The priority as /proc shows it: 20 + nice, or -1 - n for real-time priority n.
constexpr int kRealTime = 5;
int64_t OwnPriority() { return Stat(::getpid()).Field(18); }

bool AwaitOwnPriority(int64_t wanted) {
  while (OwnPriority() != wanted) {
    if (TestDeadline().Expired()) return false;
    (void)::sched_yield();
  }
  return true;
}

long Futex(std::atomic<uint32_t>* word, int operation) {
  return ::syscall(SYS_futex, word, operation, 0, nullptr, nullptr, 0);
}

PROMISE(SchedInherited, ButNotALentPriority,
        {
            .says = "A child forked while a real-time process waits for its parent's PI futex has "
                    "the parent's own priority and not the one lent by the futex.",
            .item = "325",
            .authority = "futex(2) (Priority-inheritance futexes); kernel/sched/core.c "
                         "sched_fork() (p->prio = current->normal_prio)",
            .kind = Kind::kLinux,
        }) {
  const int64_t own = 20 + ::getpriority(PRIO_PROCESS, 0);
  const Shared<std::atomic<uint32_t>> word;
  if (Futex(&*word, FUTEX_LOCK_PI) != 0) {
    GTEST_SKIP() << "FUTEX_LOCK_PI does not work here: " << ErrnoText(errno);
  }
  const Handshake decided;
  const Shared<std::atomic<int>> refused;
  ScopedChild waiter = Fork([&] {
    const sched_param parameter{kRealTime};
    if (::syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &parameter) != 0) refused->store(errno);
    decided.Notify();
    if (refused->load() != 0) return 0;
    return Futex(&*word, FUTEX_LOCK_PI) == 0 && Futex(&*word, FUTEX_UNLOCK_PI) == 0 ? 0 : 1;
  });
  ASSERT_TRUE(decided.Await());
  if (refused->load() != 0) GTEST_SKIP() << "this user may not set SCHED_FIFO here";
  ASSERT_TRUE(AwaitOwnPriority(-1 - kRealTime)) << OwnPriority();
  const ChildChecks checks(1);
  ScopedChild child = Fork([&] { CHILD_EXPECT_EQ(checks, OwnPriority(), own); });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(OwnPriority(), -1 - kRealTime) << "still lent when the child was created";
  EXPECT_EQ(Futex(&*word, FUTEX_UNLOCK_PI), 0);
  EXPECT_EQ(waiter.Reap(), 0);
  EXPECT_TRUE(AwaitOwnPriority(own));
}

}  // namespace
}  // namespace procmark::conformance
