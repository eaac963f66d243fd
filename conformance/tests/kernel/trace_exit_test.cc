// SPDX-License-Identifier: MIT
// The tracepoints when a task ends, and their order.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/trace.h"

namespace procmark::conformance {
namespace {

PROMISE(TraceExit, GoesStepByStep,
        {
            .says = "A task that ends passes sched_process_exit, SIGCHLD with CLD_EXITED to the "
                    "parent, a last switch in state Z, and sched_process_free.",
            .item = "379 10",
            .authority = "kernel/exit.c do_exit(), exit_notify(), do_task_dead()",
            .kind = Kind::kLinux,
        }) {
  OWN_TRACE(trace, "sched/sched_process_fork", "sched/sched_process_exit", "sched/sched_switch",
            "signal/signal_generate", "sched/sched_process_free");
  const Events events = TraceOneChild(*trace, [] {});
  const Birth birth = FirstBirth(events);
  const int exit = IndexOf(events, "sched_process_exit", "pid", birth.child);
  const int signal = SignalIndex(events, birth.parent, SIGCHLD, CLD_EXITED);
  const int off = LastSwitch(events, birth.child);
  const int freed = IndexOf(events, "sched_process_free", "pid", birth.child);
  ASSERT_GE(exit, 0);
  ASSERT_GE(off, 0);
  EXPECT_LT(exit, signal);
  EXPECT_LT(signal, off);
  EXPECT_LT(off, freed);
  EXPECT_EQ(events[static_cast<size_t>(off)].Value("prev_state").substr(0, 1), "Z");
}

PROMISE(TraceExit, DeathBySignalIsReportedAsKilled,
        {
            .says = "A child killed by a signal sends SIGCHLD with code CLD_KILLED.",
            .item = "379",
            .authority = "kernel/signal.c do_notify_parent()",
        }) {
  OWN_TRACE(trace, "sched/sched_process_fork", "sched/sched_switch", "signal/signal_generate",
            "sched/sched_process_free");
  const Events events = TraceOneChild(*trace, [] { (void)SignalProcess(::getpid(), SIGKILL); });
  const Birth birth = FirstBirth(events);
  EXPECT_GE(SignalIndex(events, birth.parent, SIGCHLD, CLD_KILLED), 0);
  EXPECT_EQ(SignalIndex(events, birth.parent, SIGCHLD, CLD_EXITED), -1);
}

PROMISE(TraceExit, DeadTaskNeverRunsAgain,
        {
            .says = "After its last switch a task never runs again, and another task frees it.",
            .item = "17",
            .authority = "kernel/sched/core.c finish_task_switch(); kernel/exit.c "
                         "delayed_put_task_struct()",
            .kind = Kind::kLinux,
        }) {
  OWN_TRACE(trace, "sched/sched_process_fork", "sched/sched_switch", "sched/sched_process_free");
  const Events events = TraceOneChild(*trace, [] {});
  const Birth birth = FirstBirth(events);
  const int off = LastSwitch(events, birth.child);
  ASSERT_GE(off, 0);
  EXPECT_EQ(IndexOf(events, "sched_switch", "next_pid", birth.child, off), -1);
  EXPECT_GE(IndexOf(events, "sched_switch", "next_pid", birth.child), 0)
      << "the control: before the last switch";
  const int freed = IndexOf(events, "sched_process_free", "pid", birth.child);
  ASSERT_GE(freed, 0);
  EXPECT_NE(events[static_cast<size_t>(freed)].task, birth.child);
}

PROMISE(TraceExit, ThreadEndsSilentlyInX,
        {
            .says = "A thread that ends sends no SIGCHLD, and its last switch is in state X.",
            .item = "380 10",
            .authority = "kernel/exit.c exit_notify() (autoreap)",
            .kind = Kind::kLinux,
        }) {
  OWN_TRACE(trace, "sched/sched_process_fork", "sched/sched_switch", "signal/signal_generate");
  const Handshake seen;
  ScopedChild process = Fork([&] {
    trace->Watch();
    {
      const JoinedThread thread([] {});
    }
    return seen.Await() ? 0 : 1;
  });
  const Events events = trace->EventsUntil(FirstChildIsOff);
  const Birth birth = FirstBirth(events);
  const int off = LastSwitch(events, birth.child);
  EXPECT_GE(off, 0);
  if (off >= 0) {
    EXPECT_EQ(events[static_cast<size_t>(off)].Value("prev_state").substr(0, 1), "X");
  }
  EXPECT_EQ(ChildSignals(events, birth.parent), 0);
  seen.Notify();
  EXPECT_EQ(process.Reap(), 0);
}

PROMISE(TraceExit, AutoReapedChildEndsSilentlyInX,
        {
            .says = "A child whose parent ignores SIGCHLD sends no SIGCHLD, and its last switch is "
                    "in state X.",
            .item = "380 10",
            .authority = "kernel/signal.c do_notify_parent(); kernel/exit.c exit_notify()",
            .kind = Kind::kLinux,
        }) {
  OWN_TRACE(trace, "sched/sched_process_fork", "sched/sched_switch", "signal/signal_generate");
  const Handshake seen;
  ScopedChild parent = Fork([&] {
    trace->Watch();
    (void)::signal(SIGCHLD, SIG_IGN);
    if (::fork() == 0) ::_exit(0);
    return seen.Await() ? 0 : 1;
  });
  const Events events = trace->EventsUntil(FirstChildIsOff);
  const Birth birth = FirstBirth(events);
  const int off = LastSwitch(events, birth.child);
  EXPECT_GE(off, 0);
  if (off >= 0) {
    EXPECT_EQ(events[static_cast<size_t>(off)].Value("prev_state").substr(0, 1), "X");
  }
  EXPECT_EQ(ChildSignals(events, birth.parent), 0);
  seen.Notify();
  EXPECT_EQ(parent.Reap(), 0);
}

PROMISE(TraceExit, SaysWhetherTheGroupIsDead,
        {
            .says = "group_dead of sched_process_exit is false for a thread that leaves others "
                    "behind, and true for the last one.",
            .item = "379",
            .authority = "include/trace/events/sched.h sched_process_exit",
            .kind = Kind::kVersion,
        }) {
  OWN_TRACE(trace, "sched/sched_process_fork", "sched/sched_process_exit");
  const std::string format = TextOf(TracefsFolder() + "/events/sched/sched_process_exit/format");
  if (format.find("group_dead") == std::string::npos) {
    GTEST_SKIP() << "this kernel has no group_dead in sched_process_exit";
  }
  ScopedChild process = Fork([&] {
    trace->Watch();
    {
      const JoinedThread thread([] {});
    }
    ::_exit(0);
  });
  EXPECT_EQ(process.Reap(), 0);
  const Events events = trace->Events();
  const Birth birth = FirstBirth(events);
  const int thread = IndexOf(events, "sched_process_exit", "pid", birth.child);
  const int last = IndexOf(events, "sched_process_exit", "pid", birth.parent);
  ASSERT_GE(thread, 0);
  ASSERT_GE(last, 0);
  EXPECT_TRUE(events[static_cast<size_t>(thread)].Value("group_dead").starts_with("f"));
  EXPECT_TRUE(events[static_cast<size_t>(last)].Value("group_dead").starts_with("t"));
}

}  // namespace
}  // namespace procmark::conformance
