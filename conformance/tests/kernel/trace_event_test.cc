// What the kernel's tracepoints tell of waits, stops, exec and the end of tasks.
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/machine_setting.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/test_deadline.h"
#include "conformance/vocabulary/trace.h"

namespace procmark::conformance {
namespace {

PROMISE(Trace, EveryWaitIsAnEvent,
        {.says = "sched_process_wait comes at the entry of every wait call, of one that does not "
                 "block too.",
         .item = "381",
         .authority = "kernel/exit.c do_wait()",
         .kind = Kind::kLinux}) {
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

// The window lies between the child's entry in its group, which lets signals reach it, and
// wake_up_new_task(): another task sends the group a signal while the fork is under way.
PROMISE(Trace, SignalsDoNotWakeWhoIsNotYetBorn,
        {.says = "A signal to its process group never wakes a child, and never lets it run, before "
                 "sched_wakeup_new.",
         .item = "16",
         .authority = "kernel/fork.c copy_process(); kernel/sched/core.c try_to_wake_up() "
                      "(TASK_NEW is in no mask), wake_up_new_task()",
         .kind = Kind::kLinux,
         .tags = "race"}) {
  OWN_TRACE(trace, "sched/sched_process_fork", "sched/sched_wakeup_new", "sched/sched_waking",
            "sched/sched_switch");
  constexpr int kRounds = 100;
  const Shared<std::atomic<int>> forking;  // how many forks have been announced
  const Handshake grouped;
  ScopedChild parent = Fork([&] {
    if (::setpgid(0, 0) != 0) return 1;
    (void)::signal(SIGUSR1, [](int) {});
    trace->Watch();
    grouped.Notify();
    for (int round = 1; AnotherRound(round - 1, kRounds); ++round) {
      forking->store(round);
      ScopedChild child = Fork([] { return 0; });
      if (child.Reap() != 0) return 2;
    }
    forking->store(-1);
    return 0;
  });
  ASSERT_TRUE(grouped.Await());
  const pid_t group = parent.Number();
  ASSERT_GT(group, 1);  // -1 would be everybody
  ASSERT_EQ(::getpgid(group), group) << "the group must be theirs, not ours";
  for (int seen = 0, now = 0; (now = forking->load()) >= 0;) {
    if (now == seen) {
      (void)::sched_yield();
      continue;
    }
    seen = now;
    EXPECT_EQ(::kill(-group, SIGUSR1), 0);
  }
  ASSERT_EQ(parent.Reap(), 0);
  const Events events = trace->Events();
  int births = 0;
  for (const TraceEvent& event : events) {
    if (event.name != "sched_process_fork") continue;
    const pid_t child = event.Number("child_pid");
    const int born = IndexOf(events, "sched_wakeup_new", "pid", child);
    const int woken = IndexOf(events, "sched_waking", "pid", child);
    const int runs = IndexOf(events, "sched_switch", "next_pid", child);
    ASSERT_GE(born, 0) << child;
    EXPECT_GT(runs, born) << child;
    if (woken >= 0) {
      EXPECT_GT(woken, born) << child;
    }
    ++births;
  }
  EXPECT_GE(births, 1);
}

PROMISE(Trace, StopAndContinueTellTheParent,
        {.says = "A stop is SIGSTOP to the child and SIGCHLD with CLD_STOPPED to the parent; a "
                 "continue is SIGCONT and CLD_CONTINUED.",
         .item = "382",
         .authority = "kernel/signal.c do_notify_parent_cldstop()"}) {
  OWN_TRACE(trace, "sched/sched_process_fork", "signal/signal_generate");
  ScopedChild parent = Fork([&] {
    trace->Watch();
    const Handshake end;
    ScopedChild child = Fork([&] { return end.Await() ? 0 : 1; });
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

HELPER(EndAtOnce) { return 0; }

PROMISE(
    Trace, ExecByAThreadTellsItsFormerNumber,
    {.says = "sched_process_exec of a thread that is no leader names the process as pid and the "
             "thread's former number as old_pid.",
     .item = "383",
     .authority = "fs/exec.c exec_binprm()",
     .kind = Kind::kLinux}) {
  OWN_TRACE(trace, "sched/sched_process_fork", "sched/sched_process_exec");
  ScopedChild process = Fork([&] {
    trace->Watch();
    const JoinedThread thread([] { (void)ExecHelper("EndAtOnce", {}); });
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

PROMISE(Trace, EveryBirthEndsInOneFree,
        {.says = "Ten children that are forked and reaped are freed, each once and after its exit.",
         .item = "385",
         .authority = "kernel/exit.c delayed_put_task_struct()",
         .kind = Kind::kLinux}) {
  OWN_TRACE(trace, "sched/sched_process_fork", "sched/sched_process_exit",
            "sched/sched_process_free");
  constexpr int kChildren = 10;
  const Handshake end;
  ScopedChild parent = Fork([&] {
    trace->Watch();
    for (int i = 0; i < kChildren; ++i) {
      if (Fork([] { return 0; }).Reap() != 0) return 1;
    }
    return end.Await() ? 0 : 2;
  });
  const auto frees = [](const Events& events) {
    return std::count_if(events.begin(), events.end(), [](const TraceEvent& event) {
      return event.name == "sched_process_free";
    });
  };
  const Events events =
      trace->EventsUntil([&](const Events& now) { return frees(now) == kChildren; });
  EXPECT_EQ(frees(events), kChildren);
  int births = 0;
  for (const TraceEvent& event : events) {
    if (event.name != "sched_process_fork") continue;
    ++births;
    const pid_t child = event.Number("child_pid");
    const int exit = IndexOf(events, "sched_process_exit", "pid", child);
    EXPECT_GE(exit, 0) << child;
    EXPECT_LT(exit, IndexOf(events, "sched_process_free", "pid", child)) << child;
  }
  EXPECT_EQ(births, kChildren);
  end.Notify();
  EXPECT_EQ(parent.Reap(), 0);
}

PROMISE(Trace, ExitSaysWhetherTheGroupIsDead,
        {.says = "group_dead of sched_process_exit is false for a thread that leaves others behind "
                 "and true for the last.",
         .item = "379",
         .authority = "include/trace/events/sched.h sched_process_exit",
         .kind = Kind::kVersion}) {
  OWN_TRACE(trace, "sched/sched_process_fork", "sched/sched_process_exit");
  const std::string format = TextOf(TracefsFolder() + "/events/sched/sched_process_exit/format");
  if (format.find("group_dead") == std::string::npos) {
    GTEST_SKIP() << "sched_process_exit has no group_dead on this kernel";
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

PROMISE(
    Trace, LandmarksCanBeTraced,
    {.says = "The functions kernel_clone, copy_process, do_exit and release_task can be traced.",
     .item = "384",
     .authority = "Documentation/trace/ftrace.rst available_filter_functions",
     .since = "5.10",
     .kind = Kind::kInfo}) {
  const std::string path = TracefsFolder() + "/available_filter_functions";
  if (::access(path.c_str(), R_OK) != 0) GTEST_SKIP() << "no list of traceable functions here";
  const std::string functions = "\n" + TextOf(path);
  for (const char* name : {"kernel_clone", "copy_process", "do_exit", "release_task"}) {
    EXPECT_NE(functions.find("\n" + std::string(name) + "\n"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace procmark::conformance
