// SPDX-License-Identifier: MIT
// The CPU time of threads that have ended.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/time.h>

#include <cstdint>
#include <ctime>

#include "conformance/vocabulary/burn_cpu.h"
#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"

namespace procmark::conformance {
namespace {

constexpr long kBurntMs = 60;
constexpr int64_t kHalfMs = kBurntMs / 2;  // rusage may count in ticks

int64_t UsedMs(int who) {
  rusage usage{};
  if (::getrusage(static_cast<__rusage_who>(who), &usage) != 0) return -1;
  timeval sum{};
  timeradd(&usage.ru_utime, &usage.ru_stime, &sum);
  return int64_t{sum.tv_sec} * 1000 + sum.tv_usec / 1000;
}

int64_t ProcessClockMs() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return int64_t{used.tv_sec} * 1000 + used.tv_nsec / 1'000'000;
}

PROMISE(ThreadUsage, OfEndedThreadsStays,
        {
            .says = "The CPU time of a thread that has ended stays in RUSAGE_SELF and in the "
                    "process's clock, and goes to RUSAGE_CHILDREN of the parent with the reap.",
            .item = "389",
            .authority = "getrusage(2), clock_gettime(2) CLOCK_PROCESS_CPUTIME_ID; kernel/exit.c "
                         "__exit_signal(), wait_task_zombie()",
        }) {
  const ChildChecks checks(3);
  ScopedChild child = Fork([&] {
    {
      const JoinedThread burner([] { BurnCpu(kBurntMs); });
    }
    CHILD_EXPECT_TRUE(checks, UsedMs(RUSAGE_THREAD) < kHalfMs);  // the time is the other thread's
    CHILD_EXPECT_TRUE(checks, UsedMs(RUSAGE_SELF) >= kHalfMs);
    CHILD_EXPECT_TRUE(checks, ProcessClockMs() >= kBurntMs);
  });
  (void)child.AwaitZombie();
  EXPECT_LT(UsedMs(RUSAGE_CHILDREN), kHalfMs) << "not before the reap";
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_GE(UsedMs(RUSAGE_CHILDREN), kHalfMs);
}

}  // namespace
}  // namespace procmark::conformance
