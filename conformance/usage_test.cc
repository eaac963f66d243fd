// Resource usage of children: what a wait adds up, and when.
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>

#include "conformance/observe.h"
#include "conformance/process.h"
#include "conformance/promise.h"

namespace procmark::conformance {
namespace {

// Uses at least `ms` milliseconds of CPU time.
void BurnCpu(long ms) {
  timespec used{};
  do {
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  } while (used.tv_sec * 1000 + used.tv_nsec / 1'000'000 < ms);
}

long CpuMs(const rusage& usage) {
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

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
  ScopedChild child = Fork([] {
    (void)::signal(SIGCHLD, SIG_IGN);  // auto-reaped, not waited for
    ScopedChild grandchild = Fork([] { BurnCpu(kBurnMs); });
    return Wait4(-1, 0).error == ECHILD ? 0 : 1;
  });
  const Waited waited = Wait4(child.Number(), 0);
  EXPECT_EQ(waited.status, 0);
  EXPECT_LT(CpuMs(waited.usage), kBurnMs);
  EXPECT_LT(CpuMs(ChildrenUsage()), kBurnMs);
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
