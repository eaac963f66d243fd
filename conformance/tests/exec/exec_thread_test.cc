// SPDX-License-Identifier: MIT
// execve(2) by a thread of a process with several.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <string>

#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/test_deadline.h"
#include "harness/sys/proc_stat.h"

namespace procmark::conformance {
namespace {

HELPER(ReportTask) {
  const sys::ProcStat stat = Stat(::getpid());
  if (::getpid() != OwnTid()) return 1;
  if (stat.NumThreads() != 1) return 2;
  if (std::to_string(::getpid()) != arguments.at(0)) return 3;
  if (std::to_string(stat.StartTimeTicks()) != arguments.at(1)) return 4;
  if (stat.ExitSignal() != SIGCHLD) return 5;
  return (stat.Flags() & 0x40) == 0 ? 0 : 6;  // PF_FORKNOEXEC
}

void ExecReportTask() {
  const sys::ProcStat stat = Stat(::getpid());
  (void)ExecHelper("ReportTask",
                   {std::to_string(::getpid()), std::to_string(stat.StartTimeTicks())});
  ::syscall(SYS_exit_group, 126);
}

PROMISE(ExecThread, TakesOverItsProcess,
        {
            .says = "execve by a thread that is not the leader takes over the process: pid and "
                    "start time stay, one thread is left, the exit signal is SIGCHLD, "
                    "PF_FORKNOEXEC is cleared, and the parent sees one process end once.",
            .item = "171 172 53",
            .authority = "execve(2); fs/exec.c de_thread()",
        }) {
  CloneArguments arguments;
  arguments.exit_signal = SIGUSR1;  // execve has to make it SIGCHLD
  ASSERT_NE(::signal(SIGUSR1, SIG_IGN), SIG_ERR);
  ScopedChild child = Clone(arguments, [] {
    const JoinedThread thread(ExecReportTask);
    PauseForever();
  });
  EXPECT_EQ(child.Reap(), 0) << "exit status: the number of the helper's check that failed";
  EXPECT_TRUE(HasNoChild());
}

PROMISE(ExecThread, RaceWithTheEndOfTheGroupHasTwoResults,
        {
            .says = "When one thread execs while another calls exit_group, the process either ends "
                    "with the exit code or runs the new program, and does not hang.",
            .item = "174",
            .authority = "execve(2), exit_group(2); kernel/exit.c do_group_exit(), fs/exec.c "
                         "de_thread()",
            .kind = Kind::kLinux,
        }) {
  for (int round = 0; AnotherRound(round, 20); ++round) {
    const Shared<std::atomic<int>> start;
    ScopedChild child = Fork([&] {
      const JoinedThread thread([&] {
        start->fetch_add(1);
        while (start->load() < 2) (void)::sched_yield();
        (void)ExecHelper(kExitWith, {"64"});
        ::syscall(SYS_exit_group, 126);
      });
      start->fetch_add(1);
      while (start->load() < 2) (void)::sched_yield();
      for (int turn = 0; turn < round; ++turn) (void)::sched_yield();
      ::syscall(SYS_exit_group, 65);
    });
    const int status = child.Reap();
    EXPECT_TRUE(status == 65 << 8 || status == 64 << 8) << status << " in round " << round;
  }
}

PROMISE(ExecThread, ChildIsNeverLostMeanwhile,
        {
            .says = "wait4(WNOHANG) never fails with ECHILD for a child while one of its threads "
                    "takes over by execve.",
            .item = "175",
            .authority = "fs/exec.c de_thread() (under tasklist_lock); kernel/exit.c do_wait()",
            .kind = Kind::kLinux,
        }) {
  for (int round = 0; AnotherRound(round, 20); ++round) {
    const Handshake ready;
    ScopedChild child = Fork([&] {
      const JoinedThread thread([&] {
        ready.Notify();
        (void)ExecHelper(kExitWith, {"64"});
        ::syscall(SYS_exit_group, 126);
      });
      PauseForever();
    });
    ASSERT_TRUE(ready.Await());
    Waited waited;
    int looks = 0;
    while (waited.pid == 0) {
      waited = Wait4(child.Number(), WNOHANG);
      ++looks;
    }
    ASSERT_EQ(waited.pid, child.Number()) << "errno " << waited.error << " after " << looks;
    EXPECT_EQ(waited.status, 64 << 8);
  }
}

}  // namespace
}  // namespace procmark::conformance
