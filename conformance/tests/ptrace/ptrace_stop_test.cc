// SPDX-License-Identifier: MIT
// Stops and signals of a tracee.
#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "conformance/vocabulary/children.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/tracing.h"

namespace procmark::conformance {
namespace {

PROMISE(PtraceStop, GroupStopIsAnEventWithTheStopSignal,
        {
            .says = "A group stop of a seized tracee is reported as PTRACE_EVENT_STOP with the "
                    "stopping signal, after the stop before the delivery of that signal.",
            .item = "283",
            .authority = "ptrace(2) (Group-stop)",
            .since = "3.4",
        }) {
  for (const int signal : {SIGSTOP, SIGTSTP}) {
    const ScopedChild child = Fork(PauseForever);
    Seize(child.Number(), 0);
    ASSERT_SYSCALL_SUCCEEDS(child.Signal(signal));
    ASSERT_EQ(NextReport(child.Number()), StopStatus(signal));
    Resume(child.Number(), signal);
    EXPECT_EQ(NextReport(child.Number()), EventStatus(PTRACE_EVENT_STOP, signal));
  }
}

PROMISE(PtraceStop, ListenKeepsTheGroupStopUntilContinued,
        {
            .says = "After PTRACE_LISTEN a group-stopped tracee stays stopped without a report, "
                    "and SIGCONT ends the group stop with a PTRACE_EVENT_STOP report with SIGTRAP.",
            .item = "283",
            .authority = "ptrace(2) PTRACE_LISTEN",
            .since = "3.4",
        }) {
  const ScopedChild child = Fork(PauseForever);
  const pid_t pid = child.Number();
  Seize(pid, 0);
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGSTOP));
  ASSERT_EQ(NextReport(pid), StopStatus(SIGSTOP));
  Resume(pid, SIGSTOP);
  ASSERT_EQ(NextReport(pid), EventStatus(PTRACE_EVENT_STOP, SIGSTOP));
  ASSERT_EQ(Ptrace(PTRACE_LISTEN, pid), 0);
  EXPECT_TRUE(AwaitState(pid, "tT"));
  EXPECT_TRUE(NoReport(pid));
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGCONT));
  EXPECT_EQ(NextReport(pid), EventStatus(PTRACE_EVENT_STOP, SIGTRAP));
  Resume(pid);
  EXPECT_EQ(NextReport(pid), StopStatus(SIGCONT)) << "the signal itself comes after it";
  Resume(pid);
  EXPECT_TRUE(AwaitState(pid, "S"));
}

PROMISE(PtraceStop, SuppressedSignalDoesNotKill,
        {
            .says = "A signal that the tracer suppresses is never delivered.",
            .item = "274 284",
            .authority = "ptrace(2) (Signal injection and suppression)",
        }) {
  const Handshake gate;
  ScopedChild child = ForkUntil(gate, 8);
  const pid_t pid = child.Number();
  Seize(pid, 0);
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGTERM));
  ASSERT_EQ(NextReport(pid), StopStatus(SIGTERM));
  Resume(pid, 0);
  gate.Notify();
  EXPECT_EQ(NextReport(pid), 8 << 8);
}

PROMISE(PtraceStop, KillEndsASignalDeliveryStop,
        {
            .says = "SIGKILL ends a tracee that is stopped before the delivery of a signal, "
                    "without any action of its tracer.",
            .item = "284",
            .authority = "ptrace(2) (SIGKILL); kernel/signal.c ptrace_stop()",
        }) {
  ScopedChild child = Fork(PauseForever);
  Seize(child.Number(), 0);
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGUSR1));
  ASSERT_EQ(NextReport(child.Number()), StopStatus(SIGUSR1));
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGKILL));
  EXPECT_EQ(NextReport(child.Number()), SIGKILL);
}

PROMISE(PtraceStop, RealParentKeepsItsChildButSeesNoStops,
        {
            .says = "While another process traces a child, the child's PPid is its real parent, "
                    "and a stop is reported only to the tracer.",
            .item = "285",
            .authority = "ptrace(2); kernel/exit.c wait_consider_task()",
        }) {
  const Handshake gate;
  const TracerSteps tracer;
  ScopedChild tracee = ForkTracee(gate, 14);
  const pid_t pid = tracee.Number();
  ScopedChild other = Fork([&] {
    Seize(pid, 0);
    tracer.start.Notify();
    const bool stop = NextReport(pid) == StopStatus(SIGSTOP);
    tracer.traced.Notify();
    (void)tracer.go_on.Await();
    Resume(pid);
    return stop && NextReport(pid) == 14 << 8 ? 0 : 1;
  });
  ASSERT_TRUE(tracer.start.Await());
  ASSERT_SYSCALL_SUCCEEDS(tracee.Signal(SIGSTOP));
  ASSERT_TRUE(tracer.traced.Await());
  EXPECT_EQ(Stat(pid).ParentPid(), ::getpid());
  const Waited waited = Wait4(pid, WNOHANG | WUNTRACED);
  EXPECT_EQ(waited.pid, 0) << "0 and not -1: it is still a child of the test";
  EXPECT_EQ(waited.status, kUntouched);
  tracer.go_on.Notify();
  gate.Notify();
  EXPECT_EQ(other.Reap(), 0);
  EXPECT_EQ(tracee.Reap(), 14 << 8);
}

}  // namespace
}  // namespace procmark::conformance
