// SPDX-License-Identifier: MIT
// Null and bad pointers as arguments of the wait family.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"

namespace procmark::conformance {
namespace {

PROMISE(WaitPointers, NullStatusAndInfoAreAccepted,
        {
            .says = "wait4 with a null status and waitid with a null siginfo reap the child.",
            .item = "199 197",
            .authority = "wait4(2), waitid(2); kernel/exit.c",
        }) {
  const ScopedChild first = Fork([] { return 1; });
  EXPECT_EQ(::syscall(SYS_wait4, first.Number(), nullptr, 0, nullptr), first.Number());
  const ScopedChild second = Fork([] { return 2; });
  EXPECT_SYSCALL_SUCCEEDS(::syscall(SYS_waitid, P_PID, second.Number(), nullptr, WEXITED, nullptr));
  EXPECT_SYSCALL_FAILS(Wait4(-1, WNOHANG), ECHILD);
}

PROMISE(WaitPointers, BadStatusPointerStillReaps,
        {
            .says = "wait4 with a bad status pointer fails with EFAULT, but the child is reaped.",
            .item = "197",
            .authority = "kernel/exit.c kernel_wait4() (put_user after the reap)",
            .kind = Kind::kLinux,
        }) {
  const ScopedChild child = Fork([] { return 0; });
  (void)child.AwaitZombie();
  EXPECT_SYSCALL_FAILS(::syscall(SYS_wait4, child.Number(), 1UL, 0, nullptr), EFAULT);
  EXPECT_SYSCALL_FAILS(Wait4(child.Number(), WNOHANG), ECHILD);
}

PROMISE(WaitPointers, BadInfoPointerStillReaps,
        {
            .says = "waitid with a bad siginfo pointer fails with EFAULT, but the child is reaped.",
            .item = "197",
            .authority = "kernel/exit.c sys_waitid() (the siginfo is written after the reap)",
            .kind = Kind::kLinux,
        }) {
  const ScopedChild child = Fork([] { return 0; });
  (void)child.AwaitZombie();
  EXPECT_SYSCALL_FAILS(::syscall(SYS_waitid, P_PID, child.Number(), 8UL, WEXITED, nullptr), EFAULT);
  EXPECT_SYSCALL_FAILS(Wait4(child.Number(), WNOHANG), ECHILD);
}

}  // namespace
}  // namespace procmark::conformance
