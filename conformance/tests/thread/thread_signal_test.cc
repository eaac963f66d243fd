// SPDX-License-Identifier: MIT
// Signals and threads: which thread a signal reaches, and how it affects the others.
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/signals.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/thread_pair.h"

namespace procmark::conformance {
namespace {

// A child with two threads that have blocked SIGUSR1. Both wait forever.
struct BlockedPair {
  Shared<std::atomic<pid_t>> tid;
  Handshake ready;
  ScopedChild Fork() const {
    return conformance::Fork([this] {
      const BlockedSignal usr1(SIGUSR1);
      const JoinedThread thread([this] {
        tid->store(OwnTid());
        ready.Notify();
        PauseForever();
      });
      PauseForever();
    });
  }
};

PROMISE(ThreadSignal, KillByTidReachesTheProcess,
        {
            .says = "kill with the tid of a thread that is not the leader signals its whole "
                    "process, as kill with the pid does.",
            .item = "152",
            .authority = "kill(2), tgkill(2); kernel/signal.c kill_pid_info()",
        }) {
  const BlockedPair pair;
  const ScopedChild child = pair.Fork();
  ASSERT_TRUE(pair.ready.Await());
  const pid_t tid = pair.tid->load();
  ASSERT_GT(tid, 1);
  ASSERT_SYSCALL_SUCCEEDS(::kill(tid, SIGUSR1));
  EXPECT_EQ(ThreadMaskOf(child.Number(), tid, "ShdPnd"), SignalBit(SIGUSR1));
  EXPECT_EQ(ThreadMaskOf(child.Number(), tid, "SigPnd"), 0U);
}

PROMISE(ThreadSignal, TgkillReachesOneThread,
        {
            .says = "tgkill makes the signal pending only for the given thread.",
            .item = "152",
            .authority = "tgkill(2); kernel/signal.c do_send_specific()",
        }) {
  const BlockedPair pair;
  const ScopedChild child = pair.Fork();
  ASSERT_TRUE(pair.ready.Await());
  const pid_t tid = pair.tid->load();
  ASSERT_GT(tid, 1);
  ASSERT_SYSCALL_SUCCEEDS(::syscall(SYS_tgkill, child.Number(), tid, SIGUSR1));
  EXPECT_EQ(ThreadMaskOf(child.Number(), tid, "SigPnd"), SignalBit(SIGUSR1));
  EXPECT_EQ(ThreadMaskOf(child.Number(), child.Number(), "SigPnd"), 0U);
  EXPECT_EQ(ThreadMaskOf(child.Number(), tid, "ShdPnd"), 0U);
}

PROMISE(ThreadSignal, MaskIsInheritedAndPendingIsNot,
        {
            .says = "A thread starts with its creator's signal mask and without its creator's own "
                    "pending signals.",
            .item = "156",
            .authority = "pthread_sigmask(3), clone(2); kernel/fork.c copy_process()",
        }) {
  const BlockedSignal usr1(SIGUSR1);
  ASSERT_SYSCALL_SUCCEEDS(::syscall(SYS_tgkill, ::getpid(), OwnTid(), SIGUSR1));
  const ChildChecks checks(3);
  {
    const JoinedThread thread([&] {
      CHILD_EXPECT_EQ(checks, ThreadMaskOf(::getpid(), OwnTid(), "SigBlk"), SignalBit(SIGUSR1));
      CHILD_EXPECT_EQ(checks, ThreadMaskOf(::getpid(), OwnTid(), "SigPnd"), 0);
      CHILD_EXPECT_TRUE(checks, !usr1.Pending());
    });
  }
  EXPECT_TRUE(usr1.Pending()) << "the control: it is still pending for the creator";
}

PROMISE(ThreadSignal, FatalSignalToOneThreadEndsTheGroup,
        {
            .says = "A fatal signal sent to one thread ends the whole process with that signal.",
            .item = "151",
            .authority = "tgkill(2), signal(7); kernel/signal.c complete_signal()",
        }) {
  const ThreadPair pair;
  ScopedChild child = ForkThreadPair(pair, PauseForever, PauseForever);
  ASSERT_TRUE(pair.ready.Await());
  const pid_t tid = pair.second->load();
  ASSERT_GT(tid, 0);
  EXPECT_SYSCALL_FAILS(::syscall(SYS_tgkill, ::getpid(), tid, SIGTERM), ESRCH)
      << "the control: a wrong thread group";
  EXPECT_SYSCALL_SUCCEEDS(::syscall(SYS_tgkill, child.Number(), tid, SIGTERM));
  EXPECT_EQ(child.Reap(), SIGTERM);
}

PROMISE(ThreadSignal, StopStopsEveryThread,
        {
            .says = "SIGSTOP puts every thread of the thread group into state T.",
            .item = "6",
            .authority = "signal(7); kernel/signal.c do_signal_stop()",
        }) {
  const ThreadPair pair;
  const ScopedChild child = ForkThreadPair(pair, PauseForever, PauseForever);
  ASSERT_TRUE(pair.ready.Await());
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGSTOP));
  EXPECT_EQ(child.AwaitStop().si_status, SIGSTOP);
  EXPECT_TRUE(AwaitThreadState(child.Number(), child.Number(), "T"));
  EXPECT_TRUE(AwaitThreadState(child.Number(), pair.second->load(), "T"));
}

PROMISE(ThreadSignal, DeathSignalComesAtTheEndOfTheForkingThread,
        {
            .says = "The signal of PR_SET_PDEATHSIG is sent when the thread that forked ends, even "
                    "though its process lives on.",
            .item = "243",
            .authority = "PR_SET_PDEATHSIG(2const) CAVEATS; kernel/exit.c forget_original_parent()",
        }) {
  const Handshake armed;
  std::atomic<pid_t> pid = 0;
  {
    const JoinedThread forker([&] {
      const pid_t child = ::fork();
      if (child == 0) {
        (void)::prctl(PR_SET_PDEATHSIG, SIGUSR1);
        armed.Notify();
        PauseForever();
      }
      pid = child;
      (void)armed.Await();
    });
  }
  EXPECT_EQ(Wait4(pid, 0).status, SIGUSR1);
}

}  // namespace
}  // namespace procmark::conformance
