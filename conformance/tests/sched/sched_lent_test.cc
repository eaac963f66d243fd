// Scheduling that a process has for a while only: a custom slice, a priority lent by a futex.
#include <linux/futex.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/test_deadline.h"

namespace procmark::conformance {
namespace {

constexpr uint64_t kSliceNs = 20'000'000;

// The slice of the calling task; 0 where the kernel does not tell.
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

PROMISE(Sched, ResetOnForkResetsTheSlice,
        {.says = "A custom slice is copied by fork; with SCHED_RESET_ON_FORK the child has the "
                 "default one.",
         .item = "323",
         .authority = "sched_setattr(2) sched_runtime; kernel/sched/core.c sched_fork()",
         .since = "6.12",
         .kind = Kind::kVersion}) {
  const uint64_t usual_ns = SliceNs();
  if (usual_ns == 0 || !SetSlice(0) || SliceNs() != kSliceNs) {
    GTEST_SKIP() << "this kernel has no custom slices";
  }
  ASSERT_NE(usual_ns, kSliceNs);
  const ChildChecks checks(2);
  ScopedChild copy = Fork([&] { CHILD_EXPECT_EQ(checks, kSliceNs, SliceNs()); });
  EXPECT_EQ(copy.Reap(), 0);
  ASSERT_TRUE(SetSlice(SCHED_FLAG_RESET_ON_FORK));
  ScopedChild reset = Fork([&] { CHILD_EXPECT_EQ(checks, usual_ns, SliceNs()); });
  EXPECT_EQ(reset.Reap(), 0);
  EXPECT_EQ(SliceNs(), kSliceNs) << "the parent keeps its own";
}

// As /proc shows it: 20 + nice, or -1 - n for real-time priority n.
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

PROMISE(Sched, LentPriorityIsNotInherited,
        {.says = "A child forked while a real-time process waits for its parent's PI futex has the "
                 "parent's own priority, not the lent one.",
         .item = "325",
         .authority = "futex(2) (Priority-inheritance futexes); kernel/sched/core.c sched_fork() "
                      "(p->prio = current->normal_prio)",
         .kind = Kind::kLinux}) {
  const int64_t own = 20 + ::getpriority(PRIO_PROCESS, 0);
  const Shared<std::atomic<uint32_t>> word;
  if (Futex(&*word, FUTEX_LOCK_PI) != 0) {
    GTEST_SKIP() << "FUTEX_LOCK_PI does not work here, errno " << errno;
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
  ScopedChild child = Fork([&] { CHILD_EXPECT_EQ(checks, own, OwnPriority()); });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(OwnPriority(), -1 - kRealTime) << "still lent when the child was born";
  EXPECT_EQ(Futex(&*word, FUTEX_UNLOCK_PI), 0);
  EXPECT_EQ(waiter.Reap(), 0);
  EXPECT_TRUE(AwaitOwnPriority(own));
}

}  // namespace
}  // namespace procmark::conformance
