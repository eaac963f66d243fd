// SPDX-License-Identifier: MIT
// A process whose leader thread has ended before the others.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/descriptors.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/thread_pair.h"
#include "harness/sys/fd.h"
#include "harness/sys/proc_stat.h"

namespace procmark::conformance {
namespace {

void EndThread(int code) { ::syscall(SYS_exit, code); }
void EndGroup(int code) { ::syscall(SYS_exit_group, code); }

PROMISE(ThreadLeader, LeaderGoneFirstIsNoDeath,
        {
            .says = "A process whose leader thread has ended first reports Z and still counts its "
                    "other threads, cannot be waited for, and ends with its last thread.",
            .item = "18 148 158",
            .authority = "kernel/exit.c delay_group_leader()",
            .kind = Kind::kLinux,
        }) {
  const ThreadPair pair;
  ScopedChild child = ForkThreadPair(
      pair, [] { EndThread(1); }, [] { EndGroup(21); });
  ASSERT_TRUE(pair.ready.Await());
  pair.leader_gate.Notify();
  // The state Z is final here: no thread of this process execs.
  ASSERT_TRUE(AwaitThreadState(child.Number(), child.Number(), "Z"));
  EXPECT_EQ(StatusLine(child.Number(), "Threads"), "2");
  const Waited waited = Wait4(child.Number(), WNOHANG);
  EXPECT_EQ(waited.pid, 0);
  EXPECT_EQ(waited.status, kUntouched);
  EXPECT_EQ(WaitId(P_PID, child.Number(), WEXITED | WNOHANG).info.si_pid, 0);
  pair.second_gate.Notify();
  EXPECT_EQ(child.Reap(), 21 << 8) << "exit_group by the last thread decides the status";
}

PROMISE(ThreadLeader, StatusWhenAllUseExit,
        {
            .says = "When the leader and then the last thread use exit(2), the status is the last "
                    "thread's code, and WNOWAIT shows the same.",
            .item = "149 150",
            .authority = "kernel/exit.c synchronize_group_exit(), wait_task_zombie()",
            .since = "6.0",
            .kind = Kind::kLinux,
        }) {
  const ThreadPair pair;
  ScopedChild child = ForkThreadPair(
      pair, [] { EndThread(31); }, [] { EndThread(32); });
  ASSERT_TRUE(pair.ready.Await());
  pair.leader_gate.Notify();
  ASSERT_TRUE(AwaitThreadState(child.Number(), child.Number(), "Z"));
  pair.second_gate.Notify();
  EXPECT_EQ(child.AwaitZombie().si_status, 32);
  EXPECT_EQ(child.Reap(), 32 << 8);
}

PROMISE(ThreadLeader, NonConsumingWaitShowsTheGroupsStatus,
        {
            .says = "When the leader has used exit(2) and another thread then uses exit_group(2), "
                    "waitid with WNOWAIT shows the group's code, as the wait that reaps does.",
            .item = "150",
            .authority = "waitid(2) WNOWAIT; kernel/exit.c wait_task_zombie()",
            .since = "5.16",
        }) {
  const ThreadPair pair;
  ScopedChild child = ForkThreadPair(
      pair, [] { EndThread(1); }, [] { EndGroup(22); });
  ASSERT_TRUE(pair.ready.Await());
  pair.leader_gate.Notify();
  ASSERT_TRUE(AwaitThreadState(child.Number(), child.Number(), "Z"));
  pair.second_gate.Notify();
  EXPECT_EQ(child.AwaitZombie().si_status, 22);
  EXPECT_EQ(child.Reap(), 22 << 8);
}

PROMISE(ThreadLeader, DescriptorsOutliveTheLeader,
        {
            .says = "Descriptors stay open after the leader has ended, until the last thread ends.",
            .item = "159",
            .authority = "kernel/exit.c exit_files() (files_struct is counted)",
            .kind = Kind::kLinux,
        }) {
  sys::Pipe pipe = MakePipe();
  const Handshake end;
  ScopedChild child = Fork([&] {
    const JoinedThread thread([&] { ::syscall(SYS_exit_group, end.Await() ? 61 : 1); });
    ::syscall(SYS_exit, 0);
  });
  pipe.write.Close();
  // The state Z is final here: no thread of this process execs.
  ASSERT_TRUE(AwaitThreadState(child.Number(), child.Number(), "Z"));
  EXPECT_EQ(PollNow(pipe.read.Get()), 0) << "the other thread keeps it open";
  end.Notify();
  (void)child.AwaitZombie();
  EXPECT_NE(PollNow(pipe.read.Get()), 0);
  EXPECT_EQ(child.Reap(), 61 << 8);
}

PROMISE(ThreadLeader, GoneLeaderHasNoMemoryToShow,
        {
            .says = "A process whose leader has ended shows exe and maps under the tid of a living "
                    "thread and not under its pid.",
            .item = "158",
            .authority = "proc(5); fs/proc/base.c (the leader's mm is gone)",
            .kind = Kind::kLinux,
        }) {
  const Shared<std::atomic<pid_t>> tid;
  const Handshake end;
  ScopedChild child = Fork([&] {
    const JoinedThread thread([&] {
      tid->store(OwnTid());
      ::syscall(SYS_exit_group, end.Await() ? 62 : 1);
    });
    ::syscall(SYS_exit, 0);
  });
  ASSERT_TRUE(AwaitThreadState(child.Number(), child.Number(), "Z"));
  const std::string folder = ProcPath(child.Number());
  const auto exe_error = [](const std::string& link) {
    char target[256];
    return ::readlink(link.c_str(), target, sizeof target) >= 0 ? 0 : errno;
  };
  EXPECT_ERRNO(exe_error(folder + "/exe"), ENOENT);
  const auto maps = sys::ReadSmallFile(folder + "/maps");
  ASSERT_TRUE(maps);
  EXPECT_EQ(maps.Value(), "");
  end.Notify();
  EXPECT_EQ(child.Reap(), 62 << 8);
}

PROMISE(ThreadLeader, SurvivorIsSeenThroughItsOwnFolder,
        {
            .says = "When the leader has ended, /proc/thread-self of a living thread still shows "
                    "memory and descriptors, and /proc/self shows neither.",
            .item = "158",
            .authority = "proc(5) /proc/thread-self; fs/proc/base.c",
            .since = "3.17",
            .kind = Kind::kLinux,
        }) {
  const ChildChecks checks(3);
  const Shared<std::atomic<pid_t>> pid;
  const Handshake look;
  ScopedChild child = Fork([&] {
    const JoinedThread thread([&] {
      (void)look.Await();
      char target[256];
      CHILD_EXPECT_TRUE(checks, ::readlink("/proc/thread-self/exe", target, sizeof target) > 0);
      CHILD_EXPECT_TRUE(checks, ::access("/proc/thread-self/fd/0", F_OK) == 0);
      CHILD_EXPECT_TRUE(checks, ::readlink("/proc/self/exe", target, sizeof target) < 0);
      ::syscall(SYS_exit_group, 63);
    });
    ::syscall(SYS_exit, 0);
  });
  ASSERT_TRUE(AwaitThreadState(child.Number(), child.Number(), "Z"));
  look.Notify();
  EXPECT_EQ(child.Reap(), 63 << 8);
}

}  // namespace
}  // namespace procmark::conformance
