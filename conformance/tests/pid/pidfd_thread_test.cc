// SPDX-License-Identifier: MIT
// pidfds of threads, and pidfds of a process whose leader has ended.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>

#include "conformance/vocabulary/descriptors.h"
#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/test_deadline.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

// A process whose leader has ended by exit(2) while a second thread waits for `end`.
struct Leaderless {
  Handshake end;
  Shared<std::atomic<pid_t>> survivor;  // its tid
  Handshake ready;
};

ScopedChild ForkLeaderless(Leaderless* process) {
  return Fork([process] {
    const JoinedThread thread([process] {
      process->survivor->store(OwnTid());
      process->ready.Notify();
      (void)process->end.Await();
      ::syscall(SYS_exit_group, 12);
    });
    ::syscall(SYS_exit, 0);
  });
}

PROMISE(PidfdThread, LeaderGoneIsNotTheProcessGone,
        {
            .says = "A pidfd is not readable when only the leader thread has ended, and becomes "
                    "readable when the last thread has ended.",
            .item = "292",
            .authority = "pidfd_open(2); kernel/exit.c thread_group_exited()",
            .since = "5.3",
        }) {
  Leaderless process;
  ScopedChild child = ForkLeaderless(&process);
  ASSERT_TRUE(process.ready.Await());
  // The state Z of the leader is final here: no thread execs.
  ASSERT_TRUE(AwaitThreadState(child.Number(), child.Number(), "Z"));
  EXPECT_EQ(PollNow(child.PidFd()), 0);
  process.end.Notify();
  (void)child.AwaitZombie();
  EXPECT_EQ(PollNow(child.PidFd()) & POLLIN, POLLIN);
  EXPECT_EQ(child.Reap(), 12 << 8);
}

// A process whose second thread ends by exit(2) on request while the leader lives on.
struct TwoThreads {
  Shared<std::atomic<pid_t>> second;  // its tid
  Handshake ready;
  Handshake end;
};

ScopedChild ForkTwoThreads(TwoThreads* process) {
  return Fork([process] {
    const JoinedThread thread([process] {
      process->second->store(OwnTid());
      process->ready.Notify();
      (void)process->end.Await();
      ::syscall(SYS_exit, 0);
    });
    PauseForever();
  });
}

PROMISE(PidfdThread, PlainOpenRefusesThreads,
        {
            .says = "pidfd_open without flags fails with ENOENT for a thread that is not the "
                    "leader.",
            .item = "288",
            .authority = "pidfd_open(2); kernel/fork.c pidfd_prepare()",
            .since = "6.16",
            .kind = Kind::kLinux,
        }) {
  TwoThreads process;
  const ScopedChild child = ForkTwoThreads(&process);
  ASSERT_TRUE(process.ready.Await());
  EXPECT_SYSCALL_FAILS(OpenPidfd(process.second->load()), ENOENT);
  EXPECT_TRUE(OpenPidfd(child.Number()).Valid()) << "the leader's tid is the pid";
}

PROMISE(PidfdThread, ThreadPidfdEndsWithItsThread,
        {
            .says = "Where PIDFD_THREAD is known (6.9), a thread's pidfd becomes readable when "
                    "that thread ends although its process lives on, and elsewhere the flag fails "
                    "with EINVAL.",
            .item = "289",
            .authority = "pidfd_open(2) PIDFD_THREAD",
            .since = "5.3",
            .kind = Kind::kVersion,
        }) {
  TwoThreads process;
  const ScopedChild child = ForkTwoThreads(&process);
  ASSERT_TRUE(process.ready.Await());
  if (!HasThreadPidfds()) {
    EXPECT_SYSCALL_FAILS(OpenPidfd(process.second->load(), PIDFD_THREAD), EINVAL);
    return;
  }
  const sys::Fd thread = OpenPidfd(process.second->load(), PIDFD_THREAD);
  ASSERT_TRUE(thread.Valid());
  EXPECT_EQ(PollNow(thread.Get()), 0);
  process.end.Notify();
  pollfd ended{thread.Get(), POLLIN, 0};
  EXPECT_EQ(::poll(&ended, 1, TestDeadline().PollTimeoutMs()), 1);
  EXPECT_EQ(PollNow(child.PidFd()), 0) << "the process lives";
}

HELPER(SayAndEnd) {
  const char byte = '!';
  if (::write(NumberAt(arguments, 0), &byte, 1) != 1) return 1;
  char go_on = 0;
  return ::read(NumberAt(arguments, 1), &go_on, 1) == 1 ? 0 : 2;
}

// Execs SayAndEnd through a link to this program that the test makes. /proc/self/exe is gone with
// the leader, and Linux 5.10 cannot exec every program by its descriptor.
void ExecSayAndEnd(pid_t test, const Handshake& execed, const Handshake& end) {
  const std::string program = ProcPath(test, "exe");
  std::string words[] = {"procmark-conformance", "--procmark_helper", "SayAndEnd",
                         std::to_string(execed.WriteFd()), std::to_string(end.ReadFd())};
  char* const argv[] = {words[0].data(), words[1].data(), words[2].data(),
                        words[3].data(), words[4].data(), nullptr};
  char* const environment[] = {nullptr};
  (void)::execve(program.c_str(), argv, environment);
}

// Whether the pidfd is ready in two polls in a row. One poll may be wrong. From Linux 6.15 on
// pidfd_poll() (fs/pidfs.c) looks at the former leader under RCU alone. Where de_thread() takes the
// leader's place between the look at exit_state and delay_group_leader(), the poll reports an end.
// This was seen on 6.18 under load in 1 of 20 000 such execs, and the next poll was right.
bool IsReady(pollfd& pidfd) { return ::poll(&pidfd, 1, 0) != 0 && ::poll(&pidfd, 1, 0) != 0; }

PROMISE(PidfdThread, ExecByAThreadAfterItsLeaderIsNoEnd,
        {
            .says = "A pidfd does not become ready when the leader has exited and another thread "
                    "execs, which gives that thread the leader's tid.",
            .item = "293",
            .authority = "pidfd_open(2); kernel/fork.c pidfd_poll(); fs/exec.c de_thread()",
            .since = "5.3",
        }) {
  const pid_t test = ::getpid();
  for (int round = 0; AnotherRound(round, 20); ++round) {
    const Handshake execed;
    const Handshake end;
    ScopedChild child = Fork([&] {
      (void)sys::SetCloseOnExec(execed.WriteFd(), false);
      (void)sys::SetCloseOnExec(end.ReadFd(), false);
      const pid_t leader = ::getpid();
      const JoinedThread thread([&, leader] {
        if (!AwaitThreadState(leader, leader, "Z")) ::_exit(1);
        ExecSayAndEnd(test, execed, end);
        ::_exit(1);
      });
      ::syscall(SYS_exit, 9);
    });
    pollfd ready{child.PidFd(), POLLIN, 0};
    while (!execed.TryAwait()) {
      ASSERT_FALSE(IsReady(ready)) << "round " << round;
    }
    EXPECT_FALSE(IsReady(ready)) << "round " << round;
    end.Notify();
    EXPECT_EQ(child.Reap(), 0);
  }
}

}  // namespace
}  // namespace procmark::conformance
