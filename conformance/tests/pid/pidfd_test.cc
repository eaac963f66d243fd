// pidfds: opening, polling, waiting and signalling through them.
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <string>

#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/test_deadline.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

sys::Fd PidfdOpen(pid_t pid, unsigned flags) {
  return sys::Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, flags)));
}

// What poll(2) shows at once; 0 when the descriptor is not ready.
short PollNow(int fd) {
  pollfd ready{fd, POLLIN, 0};
  return ::poll(&ready, 1, 0) > 0 ? ready.revents : short{0};
}

int SendSignal(int pidfd, int signal, unsigned flags) {
  return ::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, flags) == 0 ? 0 : errno;
}

PROMISE(
    Pidfd, OpenIsValidated,
    {.says =
         "pidfd_open gives a close-on-exec descriptor; pid <= 0 and unknown flags are EINVAL, a "
         "process that is gone is ESRCH.",
     .item = "287",
     .authority = "pidfd_open(2)",
     .since = "5.3"}) {
  ScopedChild child = Fork([] { return 0; });
  (void)child.AwaitZombie();
  const sys::Fd pidfd = PidfdOpen(child.Number(), 0);
  ASSERT_TRUE(pidfd.Valid());
  EXPECT_EQ(::fcntl(pidfd.Get(), F_GETFD), FD_CLOEXEC);
  for (const pid_t pid : {0, -1, -child.Number()}) {
    EXPECT_FALSE(PidfdOpen(pid, 0).Valid());
    EXPECT_EQ(errno, EINVAL) << pid;
  }
  EXPECT_FALSE(PidfdOpen(child.Number(), 0x1).Valid());
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_FALSE(PidfdOpen(child.Number(), 0).Valid());
  EXPECT_EQ(errno, ESRCH);
}

PROMISE(
    Pidfd, BecomesReadyWhenTheProcessEnds,
    {.says = "A pidfd is not readable while its process lives, readable once it is a zombie, and "
             "stays so after the reap.",
     .item = "290 219",
     .authority = "pidfd_open(2); kernel/fork.c (5.10 to 6.8) and fs/pidfs.c pidfd_poll()",
     .since = "5.3"}) {
  const Handshake end;
  ScopedChild child = Fork([&] { return end.Await() ? 0 : 1; });
  EXPECT_EQ(PollNow(child.PidFd()), 0);
  end.Notify();
  (void)child.AwaitZombie();
  EXPECT_EQ(PollNow(child.PidFd()) & POLLIN, POLLIN);
  EXPECT_EQ(PollNow(child.PidFd()) & POLLHUP, 0) << "a zombie is not gone";
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(PollNow(child.PidFd()) & POLLIN, POLLIN);
}

PROMISE(Pidfd, OwnIsNeverReady,
        {.says = "A pidfd of the calling process is not readable.",
         .item = "300",
         .authority = "pidfd_open(2)",
         .since = "5.3"}) {
  const sys::Fd own = PidfdOpen(::getpid(), 0);
  ASSERT_TRUE(own.Valid());
  EXPECT_EQ(PollNow(own.Get()), 0);
}

// True when this kernel knows pidfds of threads (6.9): what else changed with it is keyed on this.
bool KnowsThreadPidfds() { return PidfdOpen(::getpid(), PIDFD_THREAD).Valid(); }

PROMISE(
    Pidfd, HangupAfterTheReap,
    {.says = "After the reap a pidfd shows POLLHUP where pidfds are inodes of pidfs with threads "
             "(6.9 on), and no POLLHUP before.",
     .item = "291",
     .authority = "kernel/fork.c, fs/pidfs.c pidfd_poll()",
     .since = "5.3",
     .kind = Kind::kVersion}) {
  ScopedChild child = Fork([] { return 0; });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(PollNow(child.PidFd()) & POLLHUP, KnowsThreadPidfds() ? POLLHUP : 0);
}

PROMISE(
    Pidfd, WaitThroughPidfd,
    {.says =
         "waitid(P_PIDFD) reports and reaps the child; after the reap and for a process that is no "
         "child it is ECHILD, for another descriptor EBADF.",
     .item = "294 219",
     .authority = "waitid(2) P_PIDFD; kernel/exit.c kernel_waitid_prepare()",
     .since = "5.4"}) {
  const ScopedChild decoy = Fork([] { return 1; });
  (void)decoy.AwaitZombie();
  const ScopedChild child = Fork([] { return 33; });
  const WaitedId seen = WaitId(P_PIDFD, child.PidFd(), WEXITED | WNOWAIT);
  EXPECT_EQ(seen.info.si_pid, child.Number());
  EXPECT_EQ(seen.info.si_status, 33);
  EXPECT_EQ(WaitId(P_PIDFD, child.PidFd(), WEXITED).info.si_pid, child.Number());
  EXPECT_EQ(WaitId(P_PIDFD, child.PidFd(), WEXITED).error, ECHILD);
  const sys::Fd own = PidfdOpen(::getpid(), 0);
  EXPECT_EQ(WaitId(P_PIDFD, own.Get(), WEXITED | WNOHANG).error, ECHILD);
  const Handshake pipe;
  EXPECT_EQ(WaitId(P_PIDFD, pipe.ReadFd(), WEXITED | WNOHANG).error, EBADF);
  EXPECT_EQ(WaitId(P_PIDFD, 240, WEXITED | WNOHANG).error, EBADF) << "a closed number";
}

PROMISE(
    Pidfd, NonblockMakesWaitAgain,
    {.says =
         "waitid through a pidfd with PIDFD_NONBLOCK is EAGAIN while the child lives, and reports "
         "it afterwards.",
     .item = "294",
     .authority = "pidfd_open(2) PIDFD_NONBLOCK",
     .since = "5.10"}) {
  const Handshake end;
  const ScopedChild child = Fork([&] { return end.Await() ? 0 : 1; });
  const sys::Fd pidfd = PidfdOpen(child.Number(), PIDFD_NONBLOCK);
  ASSERT_TRUE(pidfd.Valid());
  EXPECT_EQ(WaitId(P_PIDFD, pidfd.Get(), WEXITED).error, EAGAIN);
  EXPECT_EQ(WaitId(P_PIDFD, pidfd.Get(), WEXITED | WNOHANG).result, 0) << "WNOHANG wins";
  end.Notify();
  (void)child.AwaitZombie();
  EXPECT_EQ(WaitId(P_PIDFD, pidfd.Get(), WEXITED).info.si_pid, child.Number());
}

PROMISE(Pidfd, StopAndContinueThroughPidfd,
        {.says = "waitid(P_PIDFD) reports stops and continues, and WNOWAIT leaves them.",
         .item = "295",
         .authority = "waitid(2) P_PIDFD",
         .since = "5.4"}) {
  const ScopedChild child = Fork(PauseForever);
  ASSERT_EQ(SendSignal(child.PidFd(), SIGSTOP, 0), 0);
  for (const int extra : {WNOWAIT, 0}) {
    EXPECT_EQ(WaitId(P_PIDFD, child.PidFd(), WSTOPPED | extra).info.si_code, CLD_STOPPED);
  }
  EXPECT_EQ(WaitId(P_PIDFD, child.PidFd(), WSTOPPED | WNOHANG).info.si_pid, 0);
  ASSERT_EQ(SendSignal(child.PidFd(), SIGCONT, 0), 0);
  EXPECT_EQ(WaitId(P_PIDFD, child.PidFd(), WCONTINUED).info.si_code, CLD_CONTINUED);
}

PROMISE(
    Pidfd, SendSignalIsValidated,
    {.says =
         "pidfd_send_signal reaches its process, takes signal 0 on a zombie, is ESRCH after the "
         "reap, and EINVAL for unknown flags.",
     .item = "296",
     .authority = "pidfd_send_signal(2)",
     .since = "5.1"}) {
  ScopedChild child = Fork(PauseForever);
  EXPECT_EQ(SendSignal(child.PidFd(), 0, 0), 0);
  EXPECT_EQ(SendSignal(child.PidFd(), SIGTERM, 0x80000000U), EINVAL);
  EXPECT_EQ(SendSignal(child.PidFd(), 65, 0), EINVAL);
  EXPECT_EQ(Wait4(child.Number(), WNOHANG).pid, 0) << "nothing was sent by the refused calls";
  EXPECT_EQ(SendSignal(child.PidFd(), SIGTERM, 0), 0);
  (void)child.AwaitZombie();
  EXPECT_EQ(SendSignal(child.PidFd(), 0, 0), 0);
  EXPECT_EQ(child.Reap(), SIGTERM);
  EXPECT_EQ(SendSignal(child.PidFd(), 0, 0), ESRCH);
}

PROMISE(
    Pidfd, NeverAddressesASuccessor,
    {.says = "A pidfd of a reaped process is ESRCH although another process has its number now.",
     .item = "297 373",
     .authority = "pidfd_open(2); kernel/pid.c struct pid",
     .since = "5.5"}) {
  ScopedChild first = Fork([] { return 0; });
  EXPECT_EQ(first.Reap(), 0);
  const pid_t number = first.Number();
  CloneArguments arguments;
  arguments.exit_signal = SIGCHLD;
  arguments.set_tid = reinterpret_cast<uint64_t>(&number);
  arguments.set_tid_size = 1;
  const pid_t probe = RawClone3(arguments);
  if (probe == 0) PauseForever();
  if (probe < 0 && errno == EPERM) GTEST_SKIP() << "set_tid needs CAP_SYS_ADMIN here";
  ASSERT_EQ(probe, number);
  const sys::Fd pidfd = PidfdOpen(number, 0);
  EXPECT_EQ(SendSignal(first.PidFd(), SIGKILL, 0), ESRCH);
  EXPECT_EQ(PollNow(pidfd.Get()), 0) << "the successor lives on";
  EXPECT_EQ(SendSignal(pidfd.Get(), SIGTERM, 0), 0);
  EXPECT_EQ(Wait4(number, 0).status, SIGTERM);
}

// The "Pid:" line of a pidfd's fdinfo.
std::string FdInfoPid(int pidfd) {
  const auto text = sys::ReadSmallFile("/proc/self/fdinfo/" + std::to_string(pidfd));
  if (!text) return text.Failure().Text();
  const size_t at = text.Value().find("\nPid:\t");
  if (at == std::string::npos) return "no Pid line";
  const size_t end = text.Value().find('\n', at + 1);
  return text.Value().substr(at + 6, end - at - 6);
}

PROMISE(
    Pidfd, FdinfoNamesThePid,
    {.says = "A pidfd's fdinfo names the process's pid, and -1 once it is reaped; CLONE_PIDFD's "
             "descriptor is valid and close-on-exec when clone returns.",
     .item = "298",
     .authority = "clone(2) CLONE_PIDFD; pidfd_show_fdinfo()",
     .since = "5.2"}) {
  CloneArguments arguments;
  arguments.exit_signal = SIGCHLD;
  ScopedChild child = Clone(arguments, [] { return 0; });  // Clone asks for CLONE_PIDFD
  EXPECT_EQ(::fcntl(child.PidFd(), F_GETFD), FD_CLOEXEC);
  (void)child.AwaitZombie();
  EXPECT_EQ(FdInfoPid(child.PidFd()), std::to_string(child.Number()));
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(FdInfoPid(child.PidFd()), "-1");
}

PROMISE(Pidfd, GetfdSharesTheDescription,
        {.says = "pidfd_getfd gives a close-on-exec descriptor of the same open file description, "
                 "and EBADF "
                 "for a number that is not open there.",
         .item = "299",
         .authority = "pidfd_getfd(2)",
         .since = "5.6"}) {
  const Handshake opened;
  const Handshake end;
  const Shared<std::atomic<int>> number;
  const ScopedChild child = Fork([&] {
    number->store(static_cast<int>(::memfd_create("conformance", 0)));
    (void)::ftruncate(number->load(), 100);
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
  EXPECT_EQ(::syscall(SYS_pidfd_getfd, child.PidFd(), 240, 0), -1);
  EXPECT_EQ(errno, EBADF);
  end.Notify();
}

// A process whose leader has ended by exit(2) while a second thread waits for `end`.
struct Leaderless {
  Handshake end;
  Shared<std::atomic<pid_t>> survivor;  // its tid
  Handshake ready;
};

void* Survive(void* argument) {
  const auto* const process = static_cast<const Leaderless*>(argument);
  process->survivor->store(OwnTid());
  process->ready.Notify();
  (void)process->end.Await();
  ::syscall(SYS_exit_group, 12);
  return nullptr;
}

ScopedChild ForkLeaderless(Leaderless* process) {
  return Fork([process] {
    pthread_t thread;
    if (::pthread_create(&thread, nullptr, Survive, process) != 0) return 1;
    ::syscall(SYS_exit, 0);
    return 2;
  });
}

PROMISE(
    Pidfd, LeaderGoneIsNotTheProcessGone,
    {.says =
         "A pidfd is not readable when only the leader thread has ended; it is when the last one "
         "has.",
     .item = "292",
     .authority = "pidfd_open(2); kernel/exit.c thread_group_exited()",
     .since = "5.3"}) {
  Leaderless process;
  ScopedChild child = ForkLeaderless(&process);
  ASSERT_TRUE(process.ready.Await());
  // The leader's Z is final here: no thread execs.
  ASSERT_TRUE(AwaitThreadState(child.Number(), child.Number(), "Z"));
  EXPECT_EQ(PollNow(child.PidFd()), 0);
  process.end.Notify();
  (void)child.AwaitZombie();
  EXPECT_EQ(PollNow(child.PidFd()) & POLLIN, POLLIN);
  EXPECT_EQ(child.Reap(), 12 << 8);
}

// A process whose second thread ends by exit(2) when told to; the leader lives on.
struct TwoThreads {
  Shared<std::atomic<pid_t>> second;  // its tid
  Handshake ready;
  Handshake end;
};

void* EndAlone(void* argument) {
  const auto* const process = static_cast<const TwoThreads*>(argument);
  process->second->store(OwnTid());
  process->ready.Notify();
  (void)process->end.Await();
  ::syscall(SYS_exit, 0);
  return nullptr;
}

ScopedChild ForkTwoThreads(TwoThreads* process) {
  return Fork([process] {
    pthread_t thread;
    if (::pthread_create(&thread, nullptr, EndAlone, process) != 0) return 1;
    PauseForever();
  });
}

PROMISE(Pidfd, PlainOpenRefusesThreads,
        {.says = "pidfd_open without flags refuses a thread that is no leader: ENOENT.",
         .item = "288",
         .authority = "pidfd_open(2); kernel/fork.c pidfd_prepare()",
         .since = "6.16",
         .kind = Kind::kLinux}) {
  TwoThreads process;
  const ScopedChild child = ForkTwoThreads(&process);
  ASSERT_TRUE(process.ready.Await());
  EXPECT_FALSE(PidfdOpen(process.second->load(), 0).Valid());
  EXPECT_EQ(errno, ENOENT);
  EXPECT_TRUE(PidfdOpen(child.Number(), 0).Valid()) << "the leader's number is the process's";
}

PROMISE(
    Pidfd, ThreadPidfdEndsWithItsThread,
    {.says =
         "Where PIDFD_THREAD is known (6.9), a thread's pidfd becomes readable at that thread's "
         "end while its process lives; elsewhere the flag is EINVAL.",
     .item = "289",
     .authority = "pidfd_open(2) PIDFD_THREAD",
     .since = "5.3",
     .kind = Kind::kVersion}) {
  TwoThreads process;
  const ScopedChild child = ForkTwoThreads(&process);
  ASSERT_TRUE(process.ready.Await());
  const sys::Fd thread = PidfdOpen(process.second->load(), PIDFD_THREAD);
  if (!KnowsThreadPidfds()) {
    EXPECT_FALSE(thread.Valid());
    EXPECT_EQ(errno, EINVAL);
    return;
  }
  ASSERT_TRUE(thread.Valid());
  EXPECT_EQ(PollNow(thread.Get()), 0);
  process.end.Notify();
  pollfd ended{thread.Get(), POLLIN, 0};
  EXPECT_EQ(::poll(&ended, 1, TestDeadline().PollTimeoutMs()), 1);
  EXPECT_EQ(PollNow(child.PidFd()), 0) << "the process lives";
}

}  // namespace
}  // namespace procmark::conformance
