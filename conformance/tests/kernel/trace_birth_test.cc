// SPDX-License-Identifier: MIT
// The tracepoints when a task is created, and their order.
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>

#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/test_deadline.h"
#include "conformance/vocabulary/trace.h"
#include "harness/sys/text.h"

namespace procmark::conformance {
namespace {

PROMISE(TraceBirth, GoesStepByStep,
        {
            .says = "A new task passes task_newtask, sched_process_fork, sched_wakeup_new and only "
                    "then the first switch to it.",
            .item = "378 16",
            .authority = "kernel/fork.c kernel_clone(); kernel/sched/core.c wake_up_new_task()",
            .kind = Kind::kLinux,
        }) {
  OWN_TRACE(trace, "task/task_newtask", "sched/sched_process_fork", "sched/sched_wakeup_new",
            "sched/sched_switch", "sched/sched_process_free");
  const Events events = TraceOneChild(*trace, [] {});
  const Birth birth = FirstBirth(events);
  ASSERT_GT(birth.child, 0);
  const int new_task = IndexOf(events, "task_newtask", "pid", birth.child);
  const int forked = IndexOf(events, "sched_process_fork", "child_pid", birth.child);
  const int woken = IndexOf(events, "sched_wakeup_new", "pid", birth.child);
  const int runs = IndexOf(events, "sched_switch", "next_pid", birth.child);
  ASSERT_GE(new_task, 0);
  EXPECT_LT(new_task, forked);
  EXPECT_LT(forked, woken);
  EXPECT_LT(woken, runs);
}

PROMISE(TraceBirth, NewTaskShowsTheCloneFlags,
        {
            .says = "clone_flags of task_newtask are the flags of clone3 without the exit signal.",
            .item = "378",
            .authority = "include/trace/events/task.h; kernel/fork.c copy_process()",
            .kind = Kind::kLinux,
        }) {
  OWN_TRACE(trace, "task/task_newtask");
  ScopedChild parent = Fork([&] {
    trace->Watch();
    for (const uint64_t flags : {uint64_t{0}, uint64_t{CLONE_FS | CLONE_FILES}}) {
      const CloneArguments arguments{.flags = flags, .exit_signal = SIGCHLD};
      const pid_t pid = RawClone3(arguments);
      if (pid == 0) ::_exit(0);
      if (pid < 0 || Wait4(pid, 0).pid != pid) return 1;
    }
    return 0;
  });
  EXPECT_EQ(parent.Reap(), 0);
  const Events events = trace->Events();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(sys::ParseNumber<uint64_t>(events[0].Value("clone_flags"), 16), 0U);
  EXPECT_EQ(sys::ParseNumber<uint64_t>(events[1].Value("clone_flags"), 16), CLONE_FS | CLONE_FILES);
}

// The race: from the moment when the child is in its group signals can reach it, before
// wake_up_new_task() is called. Another task sends signals to the group while the forks go on.
PROMISE(TraceBirth, SignalsDoNotWakeAnUnbornChild,
        {
            .says = "A signal to its process group never wakes a child or lets it run before "
                    "sched_wakeup_new.",
            .item = "16",
            .authority = "kernel/fork.c copy_process(); kernel/sched/core.c try_to_wake_up() "
                         "(TASK_NEW is in no mask), wake_up_new_task()",
            .kind = Kind::kLinux,
            .tags = "race",
        }) {
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
  ASSERT_GT(group, 1);  // -1 would be every process
  ASSERT_EQ(::getpgid(group), group) << "the group must be the parent's, not the test's";
  for (int seen = 0, now = 0; (now = forking->load()) >= 0;) {
    if (now == seen) {
      (void)::sched_yield();
      continue;
    }
    seen = now;
    EXPECT_SYSCALL_SUCCEEDS(::kill(-group, SIGUSR1));
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

PROMISE(TraceBirth, EveryBirthEndsInOneFree,
        {
            .says = "Ten children that are forked and reaped are each freed once, after their "
                    "exit.",
            .item = "385",
            .authority = "kernel/exit.c delayed_put_task_struct()",
            .kind = Kind::kLinux,
        }) {
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

}  // namespace
}  // namespace procmark::conformance
