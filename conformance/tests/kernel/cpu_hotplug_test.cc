// SPDX-License-Identifier: MIT
// Processors that go offline and come back.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <string>

#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/machine_setting.h"
#include "conformance/vocabulary/outer_proc.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/test_deadline.h"
#include "harness/sys/fd.h"
#include "harness/sys/proc_stat.h"

namespace procmark::conformance {
namespace {

constexpr const char* kOnline = "/sys/devices/system/cpu/cpu1/online";

// The state letter of the kernel thread with this name; '?' when there is none. Before it stays
// parked or asleep, it may show another letter.
char LetterOf(const sys::Fd& proc, const std::string& comm) {
  for (int pid = 2; pid < 400; ++pid) {
    const std::string path = std::to_string(pid) + "/stat";
    const sys::Fd file(::openat(proc.Get(), path.c_str(), O_RDONLY | O_CLOEXEC));
    char text[1024] = "";
    if (!file.Valid() || ::read(file.Get(), text, sizeof text - 1) <= 0) continue;
    const sys::Result<sys::ProcStat> stat = sys::ProcStat::Parse(text);
    if (stat && stat.Value().comm == comm) return stat.Value().state;
  }
  return '?';
}

testing::AssertionResult AwaitLetter(const sys::Fd& proc, const char* comm, char wanted) {
  char now = LetterOf(proc, comm);
  while (now != wanted && !TestDeadline().Expired()) {
    (void)::sched_yield();
    now = LetterOf(proc, comm);
  }
  if (now == wanted) return testing::AssertionSuccess();
  return testing::AssertionFailure() << comm << " is " << now << ", not " << wanted;
}

PROMISE(CpuHotplug, KernelThreadsOfAnOfflineCpuPark,
        {
            .says = "The kernel threads of a CPU that goes offline report P (parked), and go on "
                    "when the CPU comes back.",
            .item = "13 334",
            .authority = "kernel/smpboot.c; kernel/kthread.c kthread_park()",
            .kind = Kind::kLinux,
            .tags = "destructive",
        }) {
  SKIP_UNLESS_DESTRUCTIVE();
  if (TextOf(kOnline) != "1\n") GTEST_SKIP() << "needs a second CPU that can go offline";
  std::string why;
  const sys::Fd proc = OuterProc(&why);
  if (!proc.Valid()) GTEST_SKIP() << why;
  ASSERT_TRUE(AwaitLetter(proc, "cpuhp/1", 'S'));
  {
    const ReplacedSetting offline(kOnline, "0");
    for (const char* comm : {"cpuhp/1", "migration/1", "ksoftirqd/1"}) {
      EXPECT_TRUE(AwaitLetter(proc, comm, 'P'));
    }
    EXPECT_TRUE(AwaitLetter(proc, "cpuhp/0", 'S')) << "the control: a thread of the first CPU";
  }
  EXPECT_TRUE(AwaitLetter(proc, "ksoftirqd/1", 'S'));
}

}  // namespace
}  // namespace procmark::conformance
