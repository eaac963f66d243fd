// SPDX-License-Identifier: MIT
// What ptrace(2) reports when a tracee creates a process or thread, and how the child is attached.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <string>

#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/tracing.h"

namespace procmark::conformance {
namespace {

constexpr long kAllForks = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;

// A child of the test that creates one child by clone3 when the gate opens, reaps it, and ends with
// its exit code. The exit code of the grandchild is 5.
ScopedChild ForkMaker(const Handshake& gate, uint64_t flags, uint64_t exit_signal) {
  return Fork([&gate, flags, exit_signal] {
    if (!gate.Await()) return 1;
    const CloneArguments arguments{.flags = flags, .exit_signal = exit_signal};
    const pid_t pid = RawClone3(arguments);
    if (pid == 0) ::_exit(5);
    if (pid < 0) return 2;
    return Wait4(pid, __WALL).status >> 8;
  });
}

// Lets a maker and its attached child run until they end. The result is the maker's raw status.
int RunToTheEnd(pid_t maker, pid_t born) {
  Resume(maker);
  Resume(born);
  if (NextReport(born) != 5 << 8) return -1;
  int status = NextReport(maker);
  while (WIFSTOPPED(status)) {  // SIGCHLD, or the event at the end of a vfork
    Resume(maker, (status >> 16) == 0 ? WSTOPSIG(status) : 0);
    status = NextReport(maker);
  }
  return status;
}

// Checks one clone3 call of a seized tracee: the kind of event, its message, the child's first
// stop, and that both processes then end as they would untraced.
void CheckEvent(int event, uint64_t flags, uint64_t exit_signal) {
  SCOPED_TRACE("flags " + std::to_string(flags) + ", exit signal " + std::to_string(exit_signal));
  const Handshake gate;
  const ScopedChild maker = ForkMaker(gate, flags, exit_signal);
  Seize(maker.Number(), kAllForks);
  gate.Notify();
  ASSERT_EQ(NextReport(maker.Number()), EventStatus(event));
  const auto born = static_cast<pid_t>(EventMessage(maker.Number()));
  ASSERT_GT(born, 0);
  ASSERT_EQ(NextReport(born), EventStatus(PTRACE_EVENT_STOP)) << "attached automatically";
  EXPECT_EQ(Stat(born).ParentPid(), maker.Number());
  EXPECT_EQ(StatusLine(born, "TracerPid"), std::to_string(::getpid()));
  EXPECT_EQ(RunToTheEnd(maker.Number(), born), 5 << 8);
}

PROMISE(PtraceFork, ForkEventNamesAndAttachesTheChild,
        {
            .says = "A seized tracee's fork is reported as PTRACE_EVENT_FORK with the child's pid "
                    "as message, and the child is attached and first stops in PTRACE_EVENT_STOP.",
            .item = "276",
            .authority = "ptrace(2) PTRACE_O_TRACEFORK; kernel/fork.c kernel_clone()",
            .since = "3.4",
        }) {
  CheckEvent(PTRACE_EVENT_FORK, 0, SIGCHLD);
}

PROMISE(PtraceFork, CloneEventIsTheOneOfAnotherExitSignal,
        {
            .says = "A clone with an exit signal other than SIGCHLD is reported as "
                    "PTRACE_EVENT_CLONE with the child's pid as message, and the child is "
                    "attached.",
            .item = "276",
            .authority = "ptrace(2) PTRACE_O_TRACECLONE; kernel/fork.c kernel_clone()",
            .since = "3.4",
        }) {
  CheckEvent(PTRACE_EVENT_CLONE, 0, 0);
}

PROMISE(PtraceFork, VforkFlagDecidesTheEvent,
        {
            .says = "A clone with CLONE_VFORK is reported as PTRACE_EVENT_VFORK for every exit "
                    "signal, with the child's pid as message, and the child is attached.",
            .item = "276 88",
            .authority = "ptrace(2) PTRACE_O_TRACEVFORK; kernel/fork.c kernel_clone()",
            .since = "3.4",
        }) {
  CheckEvent(PTRACE_EVENT_VFORK, CLONE_VFORK, SIGCHLD);
  CheckEvent(PTRACE_EVENT_VFORK, CLONE_VFORK, 0);
}

PROMISE(PtraceFork, ChildOfAnAttachedTraceeStopsWithSigstop,
        {
            .says = "The first stop of a child that PTRACE_O_TRACEFORK attaches is a plain SIGSTOP "
                    "when its parent was attached by PTRACE_ATTACH.",
            .item = "276",
            .authority = "ptrace(2) PTRACE_O_TRACEFORK",
        }) {
  const Handshake gate;
  const ScopedChild maker = ForkMaker(gate, 0, SIGCHLD);
  ASSERT_EQ(Ptrace(PTRACE_ATTACH, maker.Number()), 0);
  ASSERT_EQ(NextReport(maker.Number()), StopStatus(SIGSTOP));
  ASSERT_EQ(Ptrace(PTRACE_SETOPTIONS, maker.Number(), PTRACE_O_TRACEFORK), 0);
  Resume(maker.Number());
  gate.Notify();
  ASSERT_EQ(NextReport(maker.Number()), EventStatus(PTRACE_EVENT_FORK));
  const auto born = static_cast<pid_t>(EventMessage(maker.Number()));
  ASSERT_GT(born, 0);
  ASSERT_EQ(NextReport(born), StopStatus(SIGSTOP));
  EXPECT_EQ(RunToTheEnd(maker.Number(), born), 5 << 8);
}

PROMISE(PtraceFork, WithoutTheOptionTheChildIsNotTraced,
        {
            .says = "A tracee's child is not traced when no option asks for it.",
            .item = "276",
            .authority = "ptrace(2)",
        }) {
  const Handshake gate;
  const ScopedChild maker = ForkMaker(gate, 0, SIGCHLD);
  Seize(maker.Number(), PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE);  // all except FORK: the control
  gate.Notify();
  ASSERT_EQ(NextReport(maker.Number()), StopStatus(SIGCHLD)) << "its child has ended";
  Resume(maker.Number(), SIGCHLD);
  EXPECT_EQ(NextReport(maker.Number()), 5 << 8);
}

PROMISE(PtraceFork, UntracedFlagEscapes,
        {
            .says = "A child cloned with CLONE_UNTRACED is neither reported nor attached although "
                    "an option asks for both.",
            .item = "277 139",
            .authority = "clone(2) CLONE_UNTRACED; kernel/fork.c kernel_clone()",
        }) {
  const Handshake gate;
  const ScopedChild maker = ForkMaker(gate, CLONE_UNTRACED, SIGCHLD);
  Seize(maker.Number(), kAllForks);
  gate.Notify();
  ASSERT_EQ(NextReport(maker.Number()), StopStatus(SIGCHLD))
      << "its child has ended without a report";
  Resume(maker.Number(), SIGCHLD);
  EXPECT_EQ(NextReport(maker.Number()), 5 << 8);
}

PROMISE(PtraceFork, PtraceFlagAttachesWithoutOptions,
        {
            .says = "A child that a tracee clones with CLONE_PTRACE is traced by the same tracer "
                    "without any option and without an event.",
            .item = "276 139",
            .authority = "clone(2) CLONE_PTRACE; kernel/fork.c copy_process()",
        }) {
  const Handshake gate;
  const ScopedChild maker = ForkMaker(gate, CLONE_PTRACE, SIGCHLD);
  Seize(maker.Number(), 0);
  gate.Notify();
  const Waited first = Wait4(-1, __WALL);
  ASSERT_GT(first.pid, 0);
  ASSERT_NE(first.pid, maker.Number()) << "there is nothing to report for the maker";
  EXPECT_EQ(first.status, EventStatus(PTRACE_EVENT_STOP));
  Resume(first.pid);
  EXPECT_EQ(NextReport(first.pid), 5 << 8);
  ASSERT_EQ(NextReport(maker.Number()), StopStatus(SIGCHLD));
  Resume(maker.Number(), SIGCHLD);
  EXPECT_EQ(NextReport(maker.Number()), 5 << 8);
}

PROMISE(PtraceFork, VforkDoneComesWhenTheChildGaveItsMemoryBack,
        {
            .says = "PTRACE_EVENT_VFORK_DONE follows PTRACE_EVENT_VFORK with the same pid as "
                    "message, and only after the child has left its parent's memory.",
            .item = "88",
            .authority = "ptrace(2) PTRACE_O_TRACEVFORKDONE; kernel/fork.c kernel_clone()",
        }) {
  const Handshake gate;
  const ScopedChild maker = ForkMaker(gate, CLONE_VFORK, SIGCHLD);
  const pid_t parent = maker.Number();
  Seize(parent, PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE);
  gate.Notify();
  ASSERT_EQ(NextReport(parent), EventStatus(PTRACE_EVENT_VFORK));
  const auto born = static_cast<pid_t>(EventMessage(parent));
  ASSERT_GT(born, 0);
  ASSERT_EQ(NextReport(born), EventStatus(PTRACE_EVENT_STOP));
  Resume(parent);
  // The child is held in its stop, so the parent must sleep.
  EXPECT_TRUE(AwaitState(parent, "D"));
  EXPECT_TRUE(NoReport(parent)) << "VFORK_DONE came while the child still used the memory";
  Resume(born);
  ASSERT_EQ(NextReport(parent), EventStatus(PTRACE_EVENT_VFORK_DONE));
  EXPECT_EQ(EventMessage(parent), static_cast<unsigned long>(born));
  // The order of this event and the child's exit report is not defined, but both must come.
  EXPECT_EQ(NextReport(born), 5 << 8);
  Resume(parent);
  int status = NextReport(parent);
  if (WIFSTOPPED(status)) {
    EXPECT_EQ(status, StopStatus(SIGCHLD));
    Resume(parent, SIGCHLD);
    status = NextReport(parent);
  }
  EXPECT_EQ(status, 5 << 8);
}

PROMISE(PtraceFork, VforkParentOfAStoppedChildCanBeKilled,
        {
            .says = "SIGKILL immediately ends a parent that sleeps in vfork while its traced child "
                    "is held in a stop.",
            .item = "89",
            .authority = "vfork(2); kernel/fork.c wait_for_vfork_done() (TASK_KILLABLE)",
            .kind = Kind::kLinux,
        }) {
  const Handshake gate;
  const ScopedChild maker = ForkMaker(gate, CLONE_VFORK, SIGCHLD);
  const pid_t parent = maker.Number();
  Seize(parent, PTRACE_O_TRACEVFORK);
  gate.Notify();
  ASSERT_EQ(NextReport(parent), EventStatus(PTRACE_EVENT_VFORK));
  const auto born = static_cast<pid_t>(EventMessage(parent));
  ASSERT_GT(born, 0);
  ASSERT_EQ(NextReport(born), EventStatus(PTRACE_EVENT_STOP));
  const ScopedProcess child = ScopedProcess::Open(born);
  Resume(parent);
  ASSERT_TRUE(AwaitState(parent, "D"));
  ASSERT_SYSCALL_SUCCEEDS(maker.Signal(SIGKILL));
  EXPECT_EQ(NextReport(parent), SIGKILL);
  EXPECT_EQ(Stat(born).state, 't') << "the child is still held";
  Resume(born);
  EXPECT_EQ(NextReport(born), 5 << 8) << "and it lives on";
}

}  // namespace
}  // namespace procmark::conformance
