// SPDX-License-Identifier: MIT
// Resource usage of children: what a wait adds, and when.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "conformance/vocabulary/burn_cpu.h"
#include "conformance/vocabulary/memory.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/syscall_result.h"

namespace procmark::conformance {
namespace {

long CpuUs(const rusage& usage) {
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000 + usage.ru_utime.tv_usec +
         usage.ru_stime.tv_usec;
}
long CpuMs(const rusage& usage) { return CpuUs(usage) / 1000; }

rusage ChildrenUsage() {
  rusage usage{};
  EXPECT_SYSCALL_SUCCEEDS(::getrusage(RUSAGE_CHILDREN, &usage));
  return usage;
}

PROMISE(Usage, CountsChildAndItsWaitedChildren,
        {
            .says = "wait4's rusage contains the child and the children it waited for, and "
                    "RUSAGE_CHILDREN grows at the wait and not at the exit.",
            .item = "198 370",
            .authority = "wait4(2), getrusage(2); kernel/exit.c wait_task_zombie()",
        }) {
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
        {
            .says = "Grandchildren that the child did not wait for never count in RUSAGE_CHILDREN.",
            .item = "367",
            .authority = "getrusage(2)",
        }) {
  constexpr long kBurnMs = 50;
  // Of the child alone, as it ends: more exact than an estimate.
  const Shared<std::atomic<long>> own_us;
  ScopedChild child = Fork([&] {
    (void)::signal(SIGCHLD, SIG_IGN);  // reaped automatically, not waited for
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

// CPU time of all children that were waited for, in milliseconds.
long ChildrenCpuMs() {
  rusage usage{};
  EXPECT_SYSCALL_SUCCEEDS(::getrusage(RUSAGE_CHILDREN, &usage));
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

PROMISE(Usage, AutoReapedChildrenNeverCount,
        {
            .says = "Children that are reaped automatically (SIGCHLD ignored) never count in "
                    "RUSAGE_CHILDREN, even when wait was called for them.",
            .item = "225",
            .authority = "getrusage(2), wait(2) NOTES; kernel/exit.c wait_task_zombie()",
        }) {
  constexpr long kBurnMs = 50;
  ASSERT_NE(::signal(SIGCHLD, SIG_IGN), SIG_ERR);
  const ScopedChild ignored = Fork([] { BurnCpu(kBurnMs); });
  EXPECT_SYSCALL_FAILS(Wait4(-1, 0), ECHILD);
  EXPECT_EQ(ChildrenCpuMs(), 0);
  ASSERT_NE(::signal(SIGCHLD, SIG_DFL), SIG_ERR);
  EXPECT_EQ(Fork([] { BurnCpu(kBurnMs); }).Reap(), 0);
  EXPECT_GE(ChildrenCpuMs(), kBurnMs) << "the control: a child that was reaped by wait";
}

PROMISE(Usage, RawWaitidFillsUsage,
        {
            .says = "The fifth argument of the waitid system call is filled, and its siginfo may "
                    "be NULL.",
            .item = "199",
            .authority = "waitid(2) (C library/kernel differences)",
        }) {
  constexpr long kBurnMs = 20;
  ScopedChild first = Fork([] { BurnCpu(kBurnMs); });
  const WaitedId waited = WaitId(P_PID, first.Number(), WEXITED);
  EXPECT_EQ(waited.result, 0);
  EXPECT_GE(CpuMs(waited.usage), kBurnMs);
  ScopedChild second = Fork([] { return 0; });
  EXPECT_SYSCALL_SUCCEEDS(::syscall(SYS_waitid, P_PID, second.Number(), nullptr, WEXITED, nullptr));
  EXPECT_SYSCALL_FAILS(Wait4(second.Number(), WNOHANG), ECHILD) << "reaped without a siginfo";
}

// The work of a child: it fills `bytes` of memory.
int Fill(size_t bytes) {
  std::memset(NewMemory(bytes), 1, bytes);
  return 0;
}

long LargestOfChildrenKib() {
  rusage usage{};
  EXPECT_SYSCALL_SUCCEEDS(::getrusage(RUSAGE_CHILDREN, &usage));
  return usage.ru_maxrss;
}

PROMISE(Usage, LargestResidentSetIsAMaximum,
        {
            .says = "ru_maxrss of RUSAGE_CHILDREN is the largest value among the children that "
                    "were waited for and their waited-for children, and not a sum.",
            .item = "366",
            .authority = "getrusage(2) ru_maxrss",
        }) {
  // Compared with what each wait reports, because on a machine that is short of memory a child may
  // never have all of its pages at once. The counts of a living process can be wrong by some pages
  // for each CPU.
  constexpr size_t kMib = 1024 * 1024;
  constexpr long kLagKib = 4 * 1024;
  const Shared<std::atomic<long>> grandchild_kib;
  ScopedChild small = Fork([] { return Fill(8 * kMib); });
  const Waited first = Wait4(small.Number(), 0);
  EXPECT_EQ(first.status, 0);
  EXPECT_EQ(LargestOfChildrenKib(), first.usage.ru_maxrss);
  ScopedChild child = Fork([&] {
    return Fork([&] {
             if (Fill(32 * kMib) != 0) return 1;
             rusage own{};
             (void)::getrusage(RUSAGE_SELF, &own);
             grandchild_kib->store(own.ru_maxrss);
             return 0;
           }).Reap() >>
           8;
  });
  (void)child.AwaitZombie();
  EXPECT_EQ(LargestOfChildrenKib(), first.usage.ru_maxrss) << "not before the wait";
  const Waited second = Wait4(child.Number(), 0);
  EXPECT_EQ(second.status, 0);
  EXPECT_GE(second.usage.ru_maxrss, grandchild_kib->load() - kLagKib) << "the child's own children";
  EXPECT_EQ(LargestOfChildrenKib(), std::max(first.usage.ru_maxrss, second.usage.ru_maxrss));
  ScopedChild large = Fork([] { return Fill(32 * kMib); });
  const Waited third = Wait4(large.Number(), 0);
  EXPECT_EQ(third.status, 0);
  EXPECT_EQ(LargestOfChildrenKib(),
            std::max({first.usage.ru_maxrss, second.usage.ru_maxrss, third.usage.ru_maxrss}));
}

}  // namespace
}  // namespace procmark::conformance
