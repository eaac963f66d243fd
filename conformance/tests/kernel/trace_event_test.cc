// SPDX-License-Identifier: MIT
// The tracepoints of waits, stops and exec, and the functions that can be traced.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "conformance/vocabulary/children.h"
#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/trace.h"

namespace procmark::conformance {
namespace {

PROMISE(TraceEvent, EveryWaitIsAnEvent,
        {
            .says = "sched_process_wait occurs at the entry of every wait call, even of one that "
                    "does not block.",
            .item = "381",
            .authority = "kernel/exit.c do_wait()",
            .kind = Kind::kLinux,
        }) {
  OWN_TRACE(trace, "sched/sched_process_wait");
  const Handshake end;
  ScopedChild parent = Fork([&] {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(end.Await() ? 0 : 1);
    trace->Watch();
    for (int i = 0; i < 3; ++i) {
      if (Wait4(pid, WNOHANG).pid != 0) return 1;
    }
    end.Notify();
    return Wait4(pid, 0).pid == pid ? 0 : 2;
  });
  EXPECT_EQ(parent.Reap(), 0);
  EXPECT_EQ(trace->Events().size(), 4U);
}

PROMISE(TraceEvent, StopAndContinueSignalTheParent,
        {
            .says = "A stop sends SIGSTOP to the child and SIGCHLD with CLD_STOPPED to the parent, "
                    "and a continue sends SIGCONT and SIGCHLD with CLD_CONTINUED.",
            .item = "382",
            .authority = "kernel/signal.c do_notify_parent_cldstop()",
        }) {
  OWN_TRACE(trace, "sched/sched_process_fork", "signal/signal_generate");
  ScopedChild parent = Fork([&] {
    trace->Watch();
    const Handshake end;
    ScopedChild child = ForkUntil(end);
    (void)child.Signal(SIGSTOP);
    (void)child.AwaitStop();
    (void)child.Signal(SIGCONT);
    if (WaitId(P_PID, child.Number(), WCONTINUED).result != 0) return 2;
    end.Notify();
    return child.Reap();
  });
  EXPECT_EQ(parent.Reap(), 0);
  const Events events = trace->Events();
  const Birth birth = FirstBirth(events);
  const int stop = SignalIndex(events, birth.child, SIGSTOP, 0);
  const int stopped = SignalIndex(events, birth.parent, SIGCHLD, CLD_STOPPED);
  const int go_on = SignalIndex(events, birth.child, SIGCONT, 0);
  const int continued = SignalIndex(events, birth.parent, SIGCHLD, CLD_CONTINUED);
  ASSERT_GE(stop, 0);
  EXPECT_LT(stop, stopped);
  EXPECT_LT(stopped, go_on);
  EXPECT_LT(go_on, continued);
}

PROMISE(TraceEvent, ExecByAThreadShowsItsFormerNumber,
        {
            .says = "sched_process_exec of a thread that is not the leader shows the process as "
                    "pid and the thread's former tid as old_pid.",
            .item = "383",
            .authority = "fs/exec.c exec_binprm()",
            .kind = Kind::kLinux,
        }) {
  OWN_TRACE(trace, "sched/sched_process_fork", "sched/sched_process_exec");
  ScopedChild process = Fork([&] {
    trace->Watch();
    const JoinedThread thread([] { (void)ExecHelper(kExitWith, {"0"}); });
    return 1;
  });
  EXPECT_EQ(process.Reap(), 0);
  const Events events = trace->Events();
  const Birth birth = FirstBirth(events);
  ASSERT_GT(birth.child, 0);
  const int exec = IndexOf(events, "sched_process_exec", "pid", birth.parent);
  ASSERT_GE(exec, 0);
  EXPECT_EQ(events[static_cast<size_t>(exec)].Number("old_pid"), birth.child);
}

PROMISE(TraceEvent, LandmarksCanBeTraced,
        {
            .says = "The functions kernel_clone, copy_process, do_exit and release_task can be "
                    "traced.",
            .item = "384",
            .authority = "Documentation/trace/ftrace.rst available_filter_functions",
            .since = "5.10",
            .kind = Kind::kInfo,
        }) {
  const std::string path = TracefsFolder() + "/available_filter_functions";
  if (::access(path.c_str(), R_OK) != 0)
    GTEST_SKIP() << "this user cannot read the list of traceable functions";
  const std::string functions = "\n" + TextOf(path);
  for (const char* name : {"kernel_clone", "copy_process", "do_exit", "release_task"}) {
    EXPECT_NE(functions.find("\n" + std::string(name) + "\n"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace procmark::conformance
