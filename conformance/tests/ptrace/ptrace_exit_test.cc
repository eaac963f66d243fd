// SPDX-License-Identifier: MIT
// How ptrace(2) reports the end of a task, and to which process.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <string>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/children.h"
#include "conformance/vocabulary/descriptors.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/tracing.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

PROMISE(PtraceExit, ExitEventShowsTheStatusWhileMemoryIsThere,
        {
            .says = "PTRACE_EVENT_EXIT stops the tracee in state t with its memory still present, "
                    "and its event message is the raw wait status of the coming exit.",
            .item = "274",
            .authority = "ptrace(2) PTRACE_O_TRACEEXIT; kernel/exit.c do_exit()",
        }) {
  const Handshake gate;
  ScopedChild child = ForkUntil(gate, 7);
  const pid_t pid = child.Number();
  Seize(pid, PTRACE_O_TRACEEXIT);
  gate.Notify();
  ASSERT_EQ(NextReport(pid), EventStatus(PTRACE_EVENT_EXIT));
  EXPECT_EQ(EventMessage(pid), 7UL << 8);
  EXPECT_EQ(Stat(pid).state, 't');
  EXPECT_EQ(StatusLine(pid, "TracerPid"), std::to_string(::getpid()));
  EXPECT_NE(StatusLine(pid, "VmSize"), "");
  Resume(pid);
  EXPECT_EQ(NextReport(pid), 7 << 8);
}

PROMISE(PtraceExit, ExitEventOfASignalDeathNamesTheSignal,
        {
            .says = "The message of PTRACE_EVENT_EXIT is the signal number when a signal ends the "
                    "tracee.",
            .item = "274",
            .authority = "ptrace(2) PTRACE_O_TRACEEXIT, PTRACE_GETEVENTMSG",
        }) {
  const ScopedChild child = Fork(PauseForever);
  const pid_t pid = child.Number();
  Seize(pid, PTRACE_O_TRACEEXIT);
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGTERM));
  ASSERT_EQ(NextReport(pid), StopStatus(SIGTERM)) << "the stop before the signal is delivered";
  Resume(pid, SIGTERM);
  ASSERT_EQ(NextReport(pid), EventStatus(PTRACE_EVENT_EXIT));
  EXPECT_EQ(EventMessage(pid), static_cast<unsigned long>(SIGTERM));
  Resume(pid);
  EXPECT_EQ(NextReport(pid), SIGTERM);
}

PROMISE(PtraceExit, ExitEventComesBeforeDescriptorsAreClosed,
        {
            .says = "The tracee's pipe end is still open at PTRACE_EVENT_EXIT, and it is closed "
                    "when the tracee can be waited for.",
            .item = "275 344",
            .authority = "ptrace(2) PTRACE_O_TRACEEXIT; kernel/exit.c do_exit()",
        }) {
  const Handshake gate;
  sys::Pipe pipe = MakePipe();
  const ScopedChild child = ForkUntil(gate);
  pipe.write.Close();
  Seize(child.Number(), PTRACE_O_TRACEEXIT);
  gate.Notify();
  ASSERT_EQ(NextReport(child.Number()), EventStatus(PTRACE_EVENT_EXIT));
  EXPECT_EQ(PollNow(pipe.read.Get()), 0) << "the writer still exists";
  Resume(child.Number());
  (void)child.AwaitZombie();
  EXPECT_EQ(PollNow(pipe.read.Get()) & POLLHUP, POLLHUP);
}

PROMISE(PtraceExit, ExitEventComesBeforeTheTidIsCleared,
        {
            .says = "The word of set_tid_address still has its value at PTRACE_EVENT_EXIT, and it "
                    "is zero when the tracee can be waited for.",
            .item = "275 339",
            .authority = "set_tid_address(2); kernel/exit.c do_exit(), kernel/fork.c mm_release()",
            .kind = Kind::kLinux,
        }) {
  const Handshake gate;
  std::atomic<int> word = 77;
  const ScopedChild child = CloneSharingMemory(SIGCHLD, [&] {
    (void)::syscall(SYS_set_tid_address, &word);
    return gate.Await() ? 0 : 1;
  });
  Seize(child.Number(), PTRACE_O_TRACEEXIT);
  gate.Notify();
  ASSERT_EQ(NextReport(child.Number()), EventStatus(PTRACE_EVENT_EXIT));
  EXPECT_EQ(word.load(), 77);
  Resume(child.Number());
  (void)child.AwaitZombie();
  EXPECT_EQ(word.load(), 0);
}

PROMISE(PtraceExit, ExitIsReportedToTheTracerFirst,
        {
            .says = "The end of a process that another one traces is reported to the tracer, and "
                    "only after the tracer has waited can the real parent wait, for the same "
                    "status.",
            .item = "278",
            .authority = "ptrace(2) (Death under ptrace); kernel/exit.c wait_task_zombie()",
        }) {
  const Handshake gate;
  const TracerSteps tracer;
  const ChildChecks checks(2);
  ScopedChild tracee = ForkTracee(gate, 9);
  const pid_t pid = tracee.Number();
  ASSERT_TRUE(AwaitState(pid, "S"));
  ScopedChild other = Fork([&] {
    Seize(pid, 0);
    tracer.traced.Notify();
    const WaitedId end = WaitId(P_PID, pid, WEXITED | WNOWAIT | __WALL);
    CHILD_EXPECT_EQ(checks, end.info.si_pid, pid);
    tracer.traced.Notify();
    (void)tracer.go_on.Await();
    CHILD_EXPECT_EQ(checks, NextReport(pid), 9 << 8);
  });
  ASSERT_TRUE(tracer.traced.Await());
  gate.Notify();
  ASSERT_TRUE(tracer.traced.Await());
  const Waited early = Wait4(pid, WNOHANG);
  EXPECT_EQ(early.pid, 0) << "the tracer has not waited yet, and the child still exists";
  EXPECT_EQ(early.status, kUntouched);
  tracer.go_on.Notify();
  EXPECT_EQ(other.Reap(), 0);
  const Waited late = Wait4(pid, 0);
  EXPECT_EQ(late.pid, pid);
  EXPECT_EQ(late.status, 9 << 8);
}

PROMISE(PtraceExit, TracedZombieOfIgnoringParentIsKeptForTheTracer,
        {
            .says = "A traced child of a parent that ignores SIGCHLD becomes a zombie that its "
                    "tracer can wait for, and it is gone after that.",
            .item = "229",
            .authority = "kernel/exit.c exit_notify(), wait_task_zombie()",
            .kind = Kind::kLinux,
        }) {
  const Handshake gate;
  const TracerSteps tracer;
  const ChildChecks checks(1);
  ASSERT_NE(::signal(SIGCHLD, SIG_IGN), SIG_ERR);
  const ScopedChild tracee = ForkTracee(gate, 10);
  const pid_t pid = tracee.Number();
  ASSERT_TRUE(AwaitState(pid, "S"));
  // The end of the tracer itself must be seen: ignoring SIGCHLD does not affect a child with exit
  // signal 0.
  ScopedChild other = Clone(CloneArguments{}, [&] {
    Seize(pid, 0);
    tracer.traced.Notify();
    (void)tracer.go_on.Await();
    CHILD_EXPECT_EQ(checks, NextReport(pid), 10 << 8);
  });
  ASSERT_TRUE(tracer.traced.Await());
  gate.Notify();
  pollfd ended{tracee.PidFd(), POLLIN, 0};
  ASSERT_EQ(::poll(&ended, 1, -1), 1);
  EXPECT_EQ(Stat(pid).state, 'Z') << "the tracer has not waited for it";
  tracer.go_on.Notify();
  EXPECT_EQ(other.Reap(), 0);
  EXPECT_TRUE(AwaitGone(pid));
}

PROMISE(PtraceExit, EndOfTheTracerDetaches,
        {
            .says = "When a tracer ends while its tracee is stopped, the tracee is detached and "
                    "runs on.",
            .item = "279",
            .authority = "ptrace(2) (implicit detach); kernel/ptrace.c exit_ptrace()",
        }) {
  const Handshake gate;
  const TracerSteps tracer;
  ScopedChild tracee = ForkTracee(gate, 11);
  const pid_t pid = tracee.Number();
  ASSERT_TRUE(AwaitState(pid, "S"));
  ScopedChild other = Fork([&] {
    Seize(pid, 0);
    (void)Ptrace(PTRACE_INTERRUPT, pid);
    const bool stopped = NextReport(pid) == EventStatus(PTRACE_EVENT_STOP);
    tracer.traced.Notify();
    (void)tracer.go_on.Await();
    return stopped ? 0 : 1;
  });
  ASSERT_TRUE(tracer.traced.Await());
  EXPECT_EQ(StatusLine(pid, "TracerPid"), std::to_string(other.Number()));
  EXPECT_EQ(Stat(pid).state, 't');
  tracer.go_on.Notify();
  EXPECT_EQ(other.Reap(), 0);
  EXPECT_EQ(StatusLine(pid, "TracerPid"), "0");
  gate.Notify();
  EXPECT_EQ(tracee.Reap(), 11 << 8);
}

PROMISE(PtraceExit, ExitKillEndsTheTraceeWithItsTracer,
        {
            .says = "A tracee with PTRACE_O_EXITKILL is killed by SIGKILL when its tracer ends.",
            .item = "279",
            .authority = "ptrace(2) PTRACE_O_EXITKILL; kernel/ptrace.c exit_ptrace()",
            .since = "3.8",
        }) {
  const Handshake never;
  const TracerSteps tracer;
  ScopedChild tracee = ForkTracee(never, 1);
  ScopedChild bystander = ForkTracee(never, 12);
  ASSERT_TRUE(AwaitState(tracee.Number(), "S"));
  ASSERT_TRUE(AwaitState(bystander.Number(), "S"));
  ScopedChild other = Fork([&] {
    Seize(tracee.Number(), PTRACE_O_EXITKILL);
    Seize(bystander.Number(), 0);
  });
  EXPECT_EQ(other.Reap(), 0);
  EXPECT_EQ(tracee.Reap(), SIGKILL);
  never.Notify();
  EXPECT_EQ(bystander.Reap(), 12 << 8) << "the control: traced without the option";
}

// prepare_signal() drops signals to a process that is ending. SIGKILL alone does not end this stop,
// as it did before 6.0, and does not change the status.
PROMISE(PtraceExit, KillInTheExitEventIsDropped,
        {
            .says = "SIGKILL to an exiting tracee in PTRACE_EVENT_EXIT is dropped: the stop goes "
                    "on, and the tracee ends with its exit code.",
            .item = "284",
            .authority = "ptrace(2) PTRACE_O_TRACEEXIT; kernel/signal.c prepare_signal()",
            .since = "6.0",
            .kind = Kind::kLinux,
        }) {
  const Handshake gate;
  ScopedChild child = ForkUntil(gate, 13);
  Seize(child.Number(), PTRACE_O_TRACEEXIT);
  gate.Notify();
  ASSERT_EQ(NextReport(child.Number()), EventStatus(PTRACE_EVENT_EXIT));
  EXPECT_SYSCALL_SUCCEEDS(child.Signal(SIGKILL));
  EXPECT_EQ(Ptrace(PTRACE_CONT, child.Number()), 0) << "it was not stopped";
  EXPECT_EQ(NextReport(child.Number()), 13 << 8);
}

PROMISE(PtraceExit, KillEndsTheExitEventStopOfAThread,
        {
            .says = "SIGKILL ends a process that has one thread stopped in PTRACE_EVENT_EXIT, "
                    "without any action of the tracer.",
            .item = "284",
            .authority = "ptrace(2) PTRACE_O_TRACEEXIT; kernel/signal.c ptrace_stop()",
            .kind = Kind::kLinux,
        }) {
  const Shared<std::atomic<pid_t>> tid;
  const Handshake ready;
  const Handshake gate;
  ScopedChild child = Fork([&] {
    const JoinedThread thread([&] {
      tid->store(OwnTid());
      ready.Notify();
      (void)gate.Await();
      ::syscall(SYS_exit, 3);
    });
    PauseForever();
  });
  ASSERT_TRUE(ready.Await());
  Seize(tid->load(), PTRACE_O_TRACEEXIT);
  gate.Notify();
  ASSERT_EQ(NextReport(tid->load()), EventStatus(PTRACE_EVENT_EXIT));
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGKILL));
  EXPECT_NE(NextReport(tid->load()) & 0xff, 0x7f) << "its end and not another stop";
  EXPECT_EQ(child.Reap(), SIGKILL);
}

}  // namespace
}  // namespace procmark::conformance
