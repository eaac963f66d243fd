// SPDX-License-Identifier: MIT
// Opening pidfds, polling them, and waiting through them.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

#include "conformance/vocabulary/children.h"
#include "conformance/vocabulary/descriptors.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/syscall_result.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

PROMISE(Pidfd, OpenIsValidated,
        {
            .says = "pidfd_open gives a close-on-exec descriptor, fails with EINVAL for pid <= 0 "
                    "and for unknown flags, and fails with ESRCH when the process is gone.",
            .item = "287",
            .authority = "pidfd_open(2)",
            .since = "5.3",
        }) {
  ScopedChild child = Fork([] { return 0; });
  (void)child.AwaitZombie();
  const sys::Fd pidfd = OpenPidfd(child.Number());
  ASSERT_TRUE(pidfd.Valid());
  EXPECT_EQ(::fcntl(pidfd.Get(), F_GETFD), FD_CLOEXEC);
  for (const pid_t pid : {0, -1, -child.Number()}) {
    EXPECT_SYSCALL_FAILS(OpenPidfd(pid), EINVAL) << pid;
  }
  EXPECT_SYSCALL_FAILS(OpenPidfd(child.Number(), 0x1), EINVAL);
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_SYSCALL_FAILS(OpenPidfd(child.Number()), ESRCH);
}

PROMISE(Pidfd, BecomesReadyWhenTheProcessEnds,
        {
            .says = "A pidfd is not readable while its process lives, becomes readable when it is "
                    "a zombie, and stays so after the reap.",
            .item = "290 219",
            .authority = "pidfd_open(2); kernel/fork.c (5.10 to 6.8) and fs/pidfs.c pidfd_poll()",
            .since = "5.3",
        }) {
  const Handshake end;
  ScopedChild child = ForkUntil(end);
  EXPECT_EQ(PollNow(child.PidFd()), 0);
  end.Notify();
  (void)child.AwaitZombie();
  EXPECT_EQ(PollNow(child.PidFd()) & POLLIN, POLLIN);
  EXPECT_EQ(PollNow(child.PidFd()) & POLLHUP, 0) << "a zombie still exists";
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(PollNow(child.PidFd()) & POLLIN, POLLIN);
}

PROMISE(Pidfd, OwnIsNeverReady,
        {
            .says = "A pidfd of the calling process is not readable.",
            .item = "300",
            .authority = "pidfd_open(2)",
            .since = "5.3",
        }) {
  const sys::Fd own = OpenPidfd(::getpid(), 0);
  ASSERT_TRUE(own.Valid());
  EXPECT_EQ(PollNow(own.Get()), 0);
}

PROMISE(Pidfd, HangupAfterTheReap,
        {
            .says = "After the reap a pidfd shows POLLHUP where pidfds are inodes of pidfs and "
                    "know threads (from 6.9), and does not show it on earlier kernels.",
            .item = "291",
            .authority = "kernel/fork.c, fs/pidfs.c pidfd_poll()",
            .since = "5.3",
            .kind = Kind::kVersion,
        }) {
  ScopedChild child = Fork([] { return 0; });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(PollNow(child.PidFd()) & POLLHUP, HasThreadPidfds() ? POLLHUP : 0);
}

PROMISE(Pidfd, WaitThroughPidfd,
        {
            .says = "waitid(P_PIDFD) reports and reaps the child, fails with ECHILD after the reap "
                    "and for a process that is not a child, and fails with EBADF for a descriptor "
                    "of another kind.",
            .item = "294 219",
            .authority = "waitid(2) P_PIDFD; kernel/exit.c kernel_waitid_prepare()",
            .since = "5.4",
        }) {
  const ScopedChild control = Fork([] { return 1; });
  (void)control.AwaitZombie();
  const ScopedChild child = Fork([] { return 33; });
  const WaitedId seen = WaitId(P_PIDFD, child.PidFd(), WEXITED | WNOWAIT);
  EXPECT_EQ(seen.info.si_pid, child.Number());
  EXPECT_EQ(seen.info.si_status, 33);
  EXPECT_EQ(WaitId(P_PIDFD, child.PidFd(), WEXITED).info.si_pid, child.Number());
  EXPECT_SYSCALL_FAILS(WaitId(P_PIDFD, child.PidFd(), WEXITED), ECHILD);
  const sys::Fd own = OpenPidfd(::getpid(), 0);
  EXPECT_SYSCALL_FAILS(WaitId(P_PIDFD, own.Get(), WEXITED | WNOHANG), ECHILD);
  const Handshake pipe;
  EXPECT_SYSCALL_FAILS(WaitId(P_PIDFD, pipe.ReadFd(), WEXITED | WNOHANG), EBADF);
  EXPECT_SYSCALL_FAILS(WaitId(P_PIDFD, 240, WEXITED | WNOHANG), EBADF) << "a closed descriptor";
}

PROMISE(Pidfd, NonblockMakesWaitAgain,
        {
            .says = "waitid through a pidfd with PIDFD_NONBLOCK fails with EAGAIN while the child "
                    "lives, and reports the child afterwards.",
            .item = "294",
            .authority = "pidfd_open(2) PIDFD_NONBLOCK",
            .since = "5.10",
        }) {
  const Handshake end;
  const ScopedChild child = ForkUntil(end);
  const sys::Fd pidfd = OpenPidfd(child.Number(), PIDFD_NONBLOCK);
  ASSERT_TRUE(pidfd.Valid());
  EXPECT_SYSCALL_FAILS(WaitId(P_PIDFD, pidfd.Get(), WEXITED), EAGAIN);
  EXPECT_SYSCALL_SUCCEEDS(WaitId(P_PIDFD, pidfd.Get(), WEXITED | WNOHANG))
      << "WNOHANG has precedence";
  end.Notify();
  (void)child.AwaitZombie();
  EXPECT_EQ(WaitId(P_PIDFD, pidfd.Get(), WEXITED).info.si_pid, child.Number());
}

PROMISE(Pidfd, StopAndContinueThroughPidfd,
        {
            .says = "waitid(P_PIDFD) reports stops and continues, and WNOWAIT does not consume "
                    "them.",
            .item = "295",
            .authority = "waitid(2) P_PIDFD",
            .since = "5.4",
        }) {
  const ScopedChild child = Fork(PauseForever);
  ASSERT_SYSCALL_SUCCEEDS(SendThroughPidfd(child.PidFd(), SIGSTOP));
  for (const int extra : {WNOWAIT, 0}) {
    EXPECT_EQ(WaitId(P_PIDFD, child.PidFd(), WSTOPPED | extra).info.si_code, CLD_STOPPED);
  }
  EXPECT_EQ(WaitId(P_PIDFD, child.PidFd(), WSTOPPED | WNOHANG).info.si_pid, 0);
  ASSERT_SYSCALL_SUCCEEDS(SendThroughPidfd(child.PidFd(), SIGCONT));
  EXPECT_EQ(WaitId(P_PIDFD, child.PidFd(), WCONTINUED).info.si_code, CLD_CONTINUED);
}

PROMISE(Pidfd, NeverAddressesASuccessor,
        {
            .says = "A pidfd of a reaped process gives ESRCH even when another process has the "
                    "same pid now.",
            .item = "297 373",
            .authority = "pidfd_open(2); kernel/pid.c struct pid",
            .since = "5.5",
        }) {
  ScopedChild first = Fork([] { return 0; });
  EXPECT_EQ(first.Reap(), 0);
  const pid_t number = first.Number();
  const pid_t probe = RawClone3(WithPid(&number));
  if (probe == 0) PauseForever();
  if (probe < 0 && errno == EPERM) GTEST_SKIP() << "set_tid needs CAP_SYS_ADMIN here";
  ASSERT_EQ(probe, number);
  const sys::Fd pidfd = OpenPidfd(number);
  EXPECT_SYSCALL_FAILS(SendThroughPidfd(first.PidFd(), SIGKILL), ESRCH);
  EXPECT_EQ(PollNow(pidfd.Get()), 0) << "the process with the same pid lives on";
  EXPECT_SYSCALL_SUCCEEDS(SendThroughPidfd(pidfd.Get(), SIGTERM));
  EXPECT_EQ(Wait4(number, 0).status, SIGTERM);
}

PROMISE(Pidfd, GetfdSharesTheDescription,
        {
            .says = "pidfd_getfd gives a close-on-exec descriptor of the same open file "
                    "description, and fails with EBADF for a descriptor that is not open in the "
                    "process.",
            .item = "299",
            .authority = "pidfd_getfd(2)",
            .since = "5.6",
        }) {
  const Handshake opened;
  const Handshake end;
  const Shared<std::atomic<int>> number;
  const ScopedChild child = Fork([&] {
    number->store(MemoryFile(100).Release());
    (void)::lseek(number->load(), 55, SEEK_SET);
    opened.Notify();
    return end.Await() ? 0 : 1;
  });
  ASSERT_TRUE(opened.Await());
  const sys::Fd taken(
      static_cast<int>(::syscall(SYS_pidfd_getfd, child.PidFd(), number->load(), 0)));
  if (!taken.Valid() && errno == EPERM) GTEST_SKIP() << "ptrace access to a child is denied here";
  ASSERT_TRUE(taken.Valid());
  EXPECT_EQ(::fcntl(taken.Get(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(::lseek(taken.Get(), 0, SEEK_CUR), 55);
  EXPECT_SYSCALL_FAILS(::syscall(SYS_pidfd_getfd, child.PidFd(), 240, 0), EBADF);
  end.Notify();
}

PROMISE(Pidfd, GetfdOfZombieIsEsrch,
        {
            .says = "pidfd_getfd of a zombie fails with ESRCH.",
            .item = "390",
            .authority = "pidfd_getfd(2) ERRORS; kernel/pid.c __pidfd_fget() (EBADF in 5.10)",
            .since = "5.15",
            .kind = Kind::kLinux,
        }) {
  const ScopedChild zombie = ForkZombie();
  const long taken = ::syscall(SYS_pidfd_getfd, zombie.PidFd(), 0, 0);
  if (taken < 0 && errno == EPERM) GTEST_SKIP() << "ptrace access to a child is denied here";
  EXPECT_SYSCALL_FAILS(taken, ESRCH);
}

}  // namespace
}  // namespace procmark::conformance
