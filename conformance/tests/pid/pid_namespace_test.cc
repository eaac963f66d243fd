// SPDX-License-Identifier: MIT
// Pid namespaces: their init, its privileges, its end, and the pids inside.
#include "conformance/vocabulary/pid_namespace.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <string>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/children.h"
#include "conformance/vocabulary/descriptors.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/test_deadline.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

PROMISE(PidNamespace, InitIsOneInsideAndHasNoParent,
        {
            .says = "The first process of a pid namespace has pid 1 and parent 0 inside and "
                    "another pid outside, and NSpid shows both pids.",
            .item = "249 357",
            .authority = "pid_namespaces(7)",
            .since = "3.8",
        }) {
  SKIP_WITHOUT_PID_NAMESPACES();
  const ChildChecks checks(2);
  const Handshake end;
  ScopedChild init = CloneInit([&] {
    CHILD_EXPECT_EQ(checks, ::getpid(), 1);
    CHILD_EXPECT_EQ(checks, ::getppid(), 0);
    return end.Await() ? 0 : 1;
  });
  EXPECT_GT(init.Number(), 1);
  const std::string pids = StatusLine(init.Number(), "NSpid");
  const std::string tail = "\t" + std::to_string(init.Number()) + "\t1";
  EXPECT_TRUE(("\t" + pids).ends_with(tail)) << pids;
  EXPECT_EQ(Stat(init.Number()).ParentPid(), ::getpid());
  end.Notify();
  EXPECT_EQ(init.Reap(), 0);
}

PROMISE(PidNamespace, FatalSignalsFromInsideDoNotReachInit,
        {
            .says = "SIGKILL, SIGSTOP and SIGTERM that a member sends to its namespace's init are "
                    "dropped, and SIGKILL from outside kills it.",
            .item = "250",
            .authority = "pid_namespaces(7); kernel/signal.c sig_task_ignored() "
                         "(SIGNAL_UNKILLABLE)",
        }) {
  SKIP_WITHOUT_PID_NAMESPACES();
  const Handshake survived;
  const ChildChecks checks(4);
  ScopedChild init = CloneInit([&] {
    ScopedChild sender = Fork([&] {
      for (const int signal : {SIGKILL, SIGSTOP, SIGTERM}) {
        CHILD_EXPECT_TRUE(checks, SignalProcess(1, signal).Ok());
      }
    });
    CHILD_EXPECT_EQ(checks, sender.Reap(), 0);
    survived.Notify();
    PauseForever();
  });
  ASSERT_TRUE(survived.Await());
  EXPECT_TRUE(AwaitState(init.Number(), "S"));
  ASSERT_SYSCALL_SUCCEEDS(init.Signal(SIGKILL));
  EXPECT_EQ(init.Reap(), SIGKILL);
}

PROMISE(PidNamespace, EndOfInitEndsAllMembers,
        {
            .says = "When a namespace's init ends, every member is killed, and the init can be "
                    "waited for only when they are gone.",
            .item = "246",
            .authority = "pid_namespaces(7); kernel/pid_namespace.c zap_pid_ns_processes()",
        }) {
  SKIP_WITHOUT_PID_NAMESPACES();
  for (int round = 0; AnotherRound(round, 10); ++round) {
    sys::Pipe pipe = MakePipe();
    const Handshake ready;
    ScopedChild init = CloneInit([&] {
      for (int i = 0; i < 3; ++i) {
        if (::fork() == 0) {
          (void)::setsid();
          PauseForever();  // holds the pipe's write end
        }
      }
      ready.Notify();
      PauseForever();
    });
    pipe.write.Close();
    ASSERT_TRUE(ready.Await());
    EXPECT_EQ(PollNow(pipe.read.Get()), 0) << "the control: the members live";
    ASSERT_SYSCALL_SUCCEEDS(init.Signal(SIGKILL));
    (void)init.AwaitZombie();
    EXPECT_EQ(PollNow(pipe.read.Get()) & POLLHUP, POLLHUP) << "round " << round;
    EXPECT_EQ(init.Reap(), SIGKILL);
  }
}

PROMISE(PidNamespace, OuterSubreaperDoesNotAdopt,
        {
            .says = "A subreaper outside a pid namespace does not adopt the namespace's orphans: "
                    "the namespace's init does.",
            .item = "235 234",
            .authority = "kernel/exit.c find_new_reaper() (levels must agree)",
        }) {
  SKIP_WITHOUT_PID_NAMESPACES();
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_CHILD_SUBREAPER, 1));
  const ChildChecks checks(2);
  ScopedChild init = CloneInit([&] {
    const Handshake release;
    const Shared<std::atomic<pid_t>> orphan;
    ScopedChild middle = Fork([&] {
      const pid_t pid = ::fork();
      if (pid == 0) {
        if (!release.Await()) ::_exit(1);
        CHILD_EXPECT_EQ(checks, ::getppid(), 1);
        ::_exit(27);
      }
      orphan->store(pid);
    });
    (void)middle.Reap();
    release.Notify();
    CHILD_EXPECT_EQ(checks, Wait4(orphan->load(), 0).status, 27 << 8);
  });
  EXPECT_EQ(init.Reap(), 0);
  EXPECT_TRUE(HasNoChild());
}

PROMISE(PidNamespace, ParentFlagIsRefusedToInit,
        {
            .says = "CLONE_PARENT by a namespace's init fails with EINVAL, and by another process "
                    "it succeeds.",
            .item = "140",
            .authority = "clone(2) CLONE_PARENT; kernel/fork.c copy_process() (SIGNAL_UNKILLABLE)",
            .since = "2.6.32",
        }) {
  SKIP_WITHOUT_PID_NAMESPACES();
  const ChildChecks checks(2);
  ScopedChild init = CloneInit([&] {
    const CloneArguments sibling{.flags = CLONE_PARENT};
    const pid_t refused = RawClone3(sibling);
    if (refused == 0) ::_exit(0);
    CHILD_EXPECT_SYSCALL_FAILS(checks, refused, EINVAL);
    ScopedChild plain = Fork([&] {
      const pid_t allowed = RawClone3(sibling);
      if (allowed == 0) ::_exit(0);
      CHILD_EXPECT_TRUE(checks, allowed > 0);
    });
    const int status = plain.Reap();
    (void)Wait4(-1, 0);  // the sibling is a child of init
    return status == 0 ? 0 : 1;
  });
  EXPECT_EQ(init.Reap(), 0);
}

PROMISE(PidNamespace, NestedNumbersAreChosenInnermostFirst,
        {
            .says = "clone3 with set_tid chooses the pid in each namespace, the innermost first, "
                    "and in a new namespace it accepts only pid 1.",
            .item = "308 310",
            .authority = "clone3(2) set_tid; kernel/pid.c alloc_pid()",
            .since = "5.5",
        }) {
  SKIP_WITHOUT_PID_NAMESPACES();
  pid_t pids[2] = {1, 300};
  CloneArguments arguments{.flags = CLONE_NEWPID, .exit_signal = SIGCHLD};
  arguments.set_tid = reinterpret_cast<uint64_t>(pids);
  arguments.set_tid_size = 2;
  while (::access((ProcPath(pids[1])).c_str(), F_OK) == 0) ++pids[1];
  const ChildChecks checks(1);
  ScopedChild init = Clone(arguments, [&] { CHILD_EXPECT_EQ(checks, ::getpid(), 1); });
  EXPECT_EQ(init.Number(), pids[1]);
  EXPECT_EQ(init.Reap(), 0);
  pids[0] = 2;
  const pid_t refused = RawClone3(arguments);
  if (refused == 0) ::_exit(0);
  EXPECT_SYSCALL_FAILS(refused, EINVAL);
}

PROMISE(PidNamespace, OuterNumbersDoNotExistInside,
        {
            .says = "A process in a pid namespace cannot name a process outside: getpgid, "
                    "pidfd_open and tgkill of its outside pid fail with ESRCH.",
            .item = "360",
            .authority = "pid_namespaces(7)",
            .since = "2.6.24",
        }) {
  SKIP_WITHOUT_PID_NAMESPACES();
  const Handshake end;
  ScopedChild outside = ForkUntil(end);
  const pid_t number = outside.Number();
  ASSERT_GT(number, 2);
  EXPECT_EQ(::getpgid(number), ::getpgrp()) << "the control: it exists here";
  const ChildChecks checks(3);
  ScopedChild init = CloneInit([&] {
    CHILD_EXPECT_SYSCALL_FAILS(checks, ::getpgid(number), ESRCH);
    CHILD_EXPECT_SYSCALL_FAILS(checks, ::syscall(SYS_pidfd_open, number, 0), ESRCH);
    CHILD_EXPECT_SYSCALL_FAILS(checks, ::syscall(SYS_tgkill, number, number, 0), ESRCH);
  });
  EXPECT_EQ(init.Reap(), 0);
  end.Notify();
  EXPECT_EQ(outside.Reap(), 0);
}

}  // namespace
}  // namespace procmark::conformance
