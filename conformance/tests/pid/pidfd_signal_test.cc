// SPDX-License-Identifier: MIT
// Which process, thread or group a signal sent by pidfd_send_signal(2) reaches.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "conformance/vocabulary/children.h"
#include "conformance/vocabulary/descriptors.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/signals.h"
#include "conformance/vocabulary/syscall_result.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

PROMISE(PidfdSignal, IsValidated,
        {
            .says = "pidfd_send_signal reaches its process, accepts signal 0 for a zombie, fails "
                    "with ESRCH after the reap, and fails with EINVAL for unknown flags.",
            .item = "296",
            .authority = "pidfd_send_signal(2)",
            .since = "5.1",
        }) {
  ScopedChild child = Fork(PauseForever);
  EXPECT_SYSCALL_SUCCEEDS(SendThroughPidfd(child.PidFd(), 0));
  EXPECT_SYSCALL_FAILS(SendThroughPidfd(child.PidFd(), SIGTERM, 0x80000000U), EINVAL);
  EXPECT_SYSCALL_FAILS(SendThroughPidfd(child.PidFd(), 65), EINVAL);
  EXPECT_EQ(Wait4(child.Number(), WNOHANG).pid, 0) << "the refused calls sent nothing";
  EXPECT_SYSCALL_SUCCEEDS(SendThroughPidfd(child.PidFd(), SIGTERM));
  (void)child.AwaitZombie();
  EXPECT_SYSCALL_SUCCEEDS(SendThroughPidfd(child.PidFd(), 0));
  EXPECT_EQ(child.Reap(), SIGTERM);
  EXPECT_SYSCALL_FAILS(SendThroughPidfd(child.PidFd(), 0), ESRCH);
}

// Flags of pidfd_send_signal(2) since Linux 6.9.
constexpr unsigned kToThread = 1;
constexpr unsigned kToGroup = 4;

bool SendTakesFlags() {
  const sys::Fd own = OpenPidfd(::getpid());
  return SendThroughPidfd(own.Get(), 0, kToThread) == 0;
}

#define SKIP_WITHOUT_SEND_FLAGS() \
  if (!SendTakesFlags()) GTEST_SKIP() << "pidfd_send_signal takes no flags on this kernel"

PROMISE(PidfdSignal, ThreadFlagReachesOneThread,
        {
            .says = "PIDFD_SIGNAL_THREAD makes a signal pending for the one thread, and "
                    "PIDFD_SIGNAL_THREAD_GROUP for the process.",
            .item = "301",
            .authority = "pidfd_send_signal(2)",
            .since = "6.9",
            .kind = Kind::kVersion,
        }) {
  SKIP_WITHOUT_SEND_FLAGS();
  constexpr unsigned kToProcess = 2;
  const Handshake ready;
  const Handshake end;
  ScopedChild child = Fork([&] {
    const BlockedSignal usr1(SIGUSR1);
    const BlockedSignal usr2(SIGUSR2);
    ready.Notify();
    return end.Await() ? 0 : 1;
  });
  ASSERT_TRUE(ready.Await());
  EXPECT_SYSCALL_SUCCEEDS(SendThroughPidfd(child.PidFd(), SIGUSR1, kToThread));
  EXPECT_SYSCALL_SUCCEEDS(SendThroughPidfd(child.PidFd(), SIGUSR2, kToProcess));
  EXPECT_EQ(MaskOf(child.Number(), "SigPnd"), SignalBit(SIGUSR1));
  EXPECT_EQ(MaskOf(child.Number(), "ShdPnd"), SignalBit(SIGUSR2));
  end.Notify();
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(PidfdSignal, GroupFlagReachesTheWholeGroup,
        {
            .says = "PIDFD_SIGNAL_PROCESS_GROUP sends to every member of the group that the "
                    "process leads, and to no other process.",
            .item = "301",
            .authority = "pidfd_send_signal(2)",
            .since = "6.9",
            .kind = Kind::kVersion,
        }) {
  SKIP_WITHOUT_SEND_FLAGS();
  const Handshake end;
  ScopedChild leader = ForkUntil(end);
  ScopedChild member = ForkUntil(end);
  ScopedChild control = ForkUntil(end);
  ASSERT_SYSCALL_SUCCEEDS(::setpgid(leader.Number(), leader.Number()));
  ASSERT_SYSCALL_SUCCEEDS(::setpgid(member.Number(), leader.Number()));
  EXPECT_SYSCALL_SUCCEEDS(SendThroughPidfd(leader.PidFd(), SIGKILL, kToGroup));
  EXPECT_EQ(leader.Reap(), SIGKILL);
  EXPECT_EQ(member.Reap(), SIGKILL);
  end.Notify();
  EXPECT_EQ(control.Reap(), 0);
}

PROMISE(PidfdSignal, SelfNeedsNoDescriptor,
        {
            .says = "PIDFD_SELF_THREAD and PIDFD_SELF_THREAD_GROUP address the caller's thread "
                    "and process.",
            .item = "303",
            .authority = "include/uapi/linux/pidfd.h",
            .since = "6.14",
            .kind = Kind::kVersion,
        }) {
  constexpr int kSelfThread = -10000;
  constexpr int kSelfProcess = -10001;
  const BlockedSignal usr1(SIGUSR1);
  const BlockedSignal usr2(SIGUSR2);
  if (SendThroughPidfd(kSelfThread, SIGUSR1) != 0) {
    ASSERT_ERRNO(errno, EBADF);
    GTEST_SKIP() << "this kernel has no PIDFD_SELF_THREAD";
  }
  EXPECT_SYSCALL_SUCCEEDS(SendThroughPidfd(kSelfProcess, SIGUSR2));
  EXPECT_EQ(MaskOf(::getpid(), "SigPnd"), SignalBit(SIGUSR1));
  EXPECT_EQ(MaskOf(::getpid(), "ShdPnd"), SignalBit(SIGUSR2));
}

}  // namespace
}  // namespace procmark::conformance
