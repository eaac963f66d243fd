// pidfd_send_signal(2): which process, thread or group a signal reaches.
#include <gtest/gtest.h>
#include <sys/syscall.h>
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

int SendSignal(int pidfd, int signal, unsigned flags) {
  return ::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, flags) == 0 ? 0 : errno;
}

PROMISE(PidfdSignal, IsValidated,
        {
            .says = "pidfd_send_signal reaches its process, takes signal 0 on a zombie, is ESRCH "
                    "after the reap, and EINVAL for unknown flags.",
            .item = "296",
            .authority = "pidfd_send_signal(2)",
            .since = "5.1",
        }) {
  ScopedChild child = Fork(PauseForever);
  EXPECT_EQ(SendSignal(child.PidFd(), 0, 0), 0);
  EXPECT_ERRNO(SendSignal(child.PidFd(), SIGTERM, 0x80000000U), EINVAL);
  EXPECT_ERRNO(SendSignal(child.PidFd(), 65, 0), EINVAL);
  EXPECT_EQ(Wait4(child.Number(), WNOHANG).pid, 0) << "nothing was sent by the refused calls";
  EXPECT_EQ(SendSignal(child.PidFd(), SIGTERM, 0), 0);
  (void)child.AwaitZombie();
  EXPECT_EQ(SendSignal(child.PidFd(), 0, 0), 0);
  EXPECT_EQ(child.Reap(), SIGTERM);
  EXPECT_ERRNO(SendSignal(child.PidFd(), 0, 0), ESRCH);
}

// Flags of pidfd_send_signal(2), Linux 6.9.
constexpr unsigned kToThread = 1;
constexpr unsigned kToGroup = 4;

int SendError(int pidfd, int signal, unsigned flags) {
  return ::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, flags) == 0 ? 0 : errno;
}

bool SendTakesFlags() {
  const sys::Fd own = OpenPidfd(::getpid());
  return SendError(own.Get(), 0, kToThread) == 0;
}

#define SKIP_WITHOUT_SEND_FLAGS() \
  if (!SendTakesFlags()) GTEST_SKIP() << "pidfd_send_signal takes no flags on this kernel"

PROMISE(PidfdSignal, ThreadFlagReachesOneThread,
        {
            .says = "PIDFD_SIGNAL_THREAD makes a signal pending for the one thread, "
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
  EXPECT_EQ(SendError(child.PidFd(), SIGUSR1, kToThread), 0);
  EXPECT_EQ(SendError(child.PidFd(), SIGUSR2, kToProcess), 0);
  EXPECT_EQ(MaskOf(child.Number(), "SigPnd"), SignalBit(SIGUSR1));
  EXPECT_EQ(MaskOf(child.Number(), "ShdPnd"), SignalBit(SIGUSR2));
  end.Notify();
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(PidfdSignal, GroupFlagReachesTheWholeGroup,
        {
            .says = "PIDFD_SIGNAL_PROCESS_GROUP sends to every member of the group that the "
                    "process leads, and to no other.",
            .item = "301",
            .authority = "pidfd_send_signal(2)",
            .since = "6.9",
            .kind = Kind::kVersion,
        }) {
  SKIP_WITHOUT_SEND_FLAGS();
  const Handshake end;
  ScopedChild leader = ForkUntil(end);
  ScopedChild member = ForkUntil(end);
  ScopedChild decoy = ForkUntil(end);
  ASSERT_SYSCALL_SUCCEEDS(::setpgid(leader.Number(), leader.Number()));
  ASSERT_SYSCALL_SUCCEEDS(::setpgid(member.Number(), leader.Number()));
  EXPECT_EQ(SendError(leader.PidFd(), SIGKILL, kToGroup), 0);
  EXPECT_EQ(leader.Reap(), SIGKILL);
  EXPECT_EQ(member.Reap(), SIGKILL);
  end.Notify();
  EXPECT_EQ(decoy.Reap(), 0);
}

PROMISE(PidfdSignal, SelfNeedsNoDescriptor,
        {
            .says = "PIDFD_SELF_THREAD and PIDFD_SELF_THREAD_GROUP stand for the caller's thread "
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
  const int error = SendError(kSelfThread, SIGUSR1, 0);
  if (error == EBADF) GTEST_SKIP() << "this kernel has no PIDFD_SELF_THREAD";
  EXPECT_ERRNO(error, 0);
  EXPECT_ERRNO(SendError(kSelfProcess, SIGUSR2, 0), 0);
  EXPECT_EQ(MaskOf(::getpid(), "SigPnd"), SignalBit(SIGUSR1));
  EXPECT_EQ(MaskOf(::getpid(), "ShdPnd"), SignalBit(SIGUSR2));
}

}  // namespace
}  // namespace procmark::conformance
