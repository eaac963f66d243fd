// SPDX-License-Identifier: MIT
// The CPU time limit, RLIMIT_CPU.
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>

#include <csignal>
#include <ctime>

#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/test_deadline.h"

namespace procmark::conformance {
namespace {

constexpr int kLimitIgnored = 3;
constexpr int kStarved = 4;

// Uses CPU time until the limit of one second ends the process. An exit status reports that it did
// not, or that the machine was too busy to give that second before the test's deadline.
int SpinToTheLimit() {
  constexpr time_t kMostSeconds = 4;
  timespec used{};
  do {
    if (TestDeadline().Expired()) return kStarved;
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  } while (used.tv_sec < kMostSeconds);
  return kLimitIgnored;
}

int StatusUnderCpuLimit(rlim_t soft, rlim_t hard, int ignored) {
  ScopedChild child = Fork([&] {
    const rlimit none{0, 0};
    const rlimit limit{soft, hard};
    (void)::setrlimit(RLIMIT_CORE, &none);
    if (ignored != 0) (void)::signal(ignored, SIG_IGN);
    return ::setrlimit(RLIMIT_CPU, &limit) == 0 ? SpinToTheLimit() : 2;
  });
  return child.Reap();
}

#define SKIP_WHEN_STARVED(status) \
  if ((status) == kStarved << 8)  \
  GTEST_SKIP() << "this machine was too busy to give one second of CPU time before the deadline"

PROMISE(CpuLimit, SoftLimitSendsXcpu,
        {
            .says = "At the soft RLIMIT_CPU the process gets SIGXCPU, which ends it.",
            .item = "365",
            .authority = "getrlimit(2) RLIMIT_CPU; kernel/time/posix-cpu-timers.c",
        }) {
  rlimit own{};
  ASSERT_SYSCALL_SUCCEEDS(::getrlimit(RLIMIT_CPU, &own));
  const int status = StatusUnderCpuLimit(1, own.rlim_max, 0);
  SKIP_WHEN_STARVED(status);
  EXPECT_EQ(status, SIGXCPU);
}

PROMISE(CpuLimit, HardLimitKills,
        {
            .says = "At the hard RLIMIT_CPU the process is killed by SIGKILL, even if it ignores "
                    "SIGXCPU.",
            .item = "365",
            .authority = "getrlimit(2) RLIMIT_CPU; kernel/time/posix-cpu-timers.c",
        }) {
  const int status = StatusUnderCpuLimit(1, 1, SIGXCPU);
  SKIP_WHEN_STARVED(status);
  EXPECT_EQ(status, SIGKILL);
}

}  // namespace
}  // namespace procmark::conformance
