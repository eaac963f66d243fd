// Resource usage of children: what a wait adds up, and when.
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

#include "conformance/vocabulary/burn_cpu.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"

namespace procmark::conformance {
namespace {

long CpuUs(const rusage& usage) {
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000 + usage.ru_utime.tv_usec +
         usage.ru_stime.tv_usec;
}
long CpuMs(const rusage& usage) { return CpuUs(usage) / 1000; }

rusage ChildrenUsage() {
  rusage usage{};
  EXPECT_EQ(::getrusage(RUSAGE_CHILDREN, &usage), 0);
  return usage;
}

PROMISE(
    Usage, CountsChildAndItsWaitedChildren,
    {.says = "wait4's rusage holds the child and what it waited for; RUSAGE_CHILDREN grows at the "
             "wait, not at the exit.",
     .item = "198 370",
     .authority = "wait4(2), getrusage(2); kernel/exit.c wait_task_zombie()"}) {
  constexpr long kBurnMs = 50;
  ScopedChild child = Fork([] {
    ScopedChild grandchild = Fork([] { BurnCpu(kBurnMs); });
    return grandchild.Reap();
  });
  (void)child.AwaitZombie();
  EXPECT_EQ(CpuMs(ChildrenUsage()), 0) << "not before the wait";
  const Waited waited = Wait4(child.Number(), 0);
  EXPECT_GE(CpuMs(waited.usage), kBurnMs);
  EXPECT_GE(CpuMs(ChildrenUsage()), kBurnMs);
}

PROMISE(Usage, UnwaitedGrandchildrenNeverCount,
        {.says = "Grandchildren that the child did not wait for never enter RUSAGE_CHILDREN.",
         .item = "367",
         .authority = "getrusage(2)"}) {
  constexpr long kBurnMs = 50;
  const Shared<std::atomic<long>> own_us;  // of the child alone, as it ends: no guess at its cost
  ScopedChild child = Fork([&] {
    (void)::signal(SIGCHLD, SIG_IGN);  // auto-reaped, not waited for
    ScopedChild grandchild = Fork([] { BurnCpu(kBurnMs); });
    if (Wait4(-1, 0).error != ECHILD) return 1;
    rusage own{};
    if (::getrusage(RUSAGE_SELF, &own) != 0) return 2;
    own_us->store(CpuUs(own));
    return 0;
  });
  const Waited waited = Wait4(child.Number(), 0);
  EXPECT_EQ(waited.status, 0);
  EXPECT_GE(CpuUs(waited.usage), own_us->load());
  EXPECT_LT(CpuUs(waited.usage), own_us->load() + kBurnMs * 1000);
  EXPECT_EQ(CpuUs(ChildrenUsage()), CpuUs(waited.usage));
}

PROMISE(
    Usage, RawWaitidFillsUsage,
    {.says = "The fifth argument of the waitid system call is filled, and its siginfo may be NULL.",
     .item = "199",
     .authority = "waitid(2) (C library/kernel differences)"}) {
  constexpr long kBurnMs = 20;
  ScopedChild first = Fork([] { BurnCpu(kBurnMs); });
  const WaitedId waited = WaitId(P_PID, first.Number(), WEXITED);
  EXPECT_EQ(waited.result, 0);
  EXPECT_GE(CpuMs(waited.usage), kBurnMs);
  ScopedChild second = Fork([] { return 0; });
  EXPECT_EQ(::syscall(SYS_waitid, P_PID, second.Number(), nullptr, WEXITED, nullptr), 0);
  EXPECT_EQ(Wait4(second.Number(), WNOHANG).error, ECHILD) << "reaped without a siginfo";
}

}  // namespace
}  // namespace procmark::conformance
