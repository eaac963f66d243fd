// SPDX-License-Identifier: MIT
// Attaching with ptrace(2): which processes may attach, and what it stops.
#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <string>

#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/tracing.h"

namespace procmark::conformance {
namespace {

PROMISE(PtraceAttach, AttachToOwnGroupIsEperm,
        {
            .says = "PTRACE_ATTACH and PTRACE_SEIZE fail with EPERM for the caller itself and for "
                    "a thread of its own process.",
            .item = "280",
            .authority = "ptrace(2) ERRORS; kernel/ptrace.c ptrace_attach() same_thread_group()",
        }) {
  const Handshake known;
  const Handshake end;
  std::atomic<pid_t> tid = 0;
  const JoinedThread other([&] {
    tid.store(OwnTid());
    known.Notify();
    (void)end.Await();
  });
  EXPECT_TRUE(known.Await());
  for (const pid_t target : {OwnTid(), tid.load()}) {
    EXPECT_SYSCALL_FAILS(Ptrace(PTRACE_ATTACH, target), EPERM) << target;
    EXPECT_SYSCALL_FAILS(Ptrace(PTRACE_SEIZE, target), EPERM) << target;
  }
  end.Notify();
}

PROMISE(PtraceAttach, SecondTracerIsRefused,
        {
            .says = "Attaching to a process that is already traced fails with EPERM.",
            .item = "280",
            .authority = "ptrace(2) ERRORS; kernel/ptrace.c ptrace_attach()",
        }) {
  const ScopedChild child = Fork(PauseForever);
  Seize(child.Number(), 0);
  EXPECT_SYSCALL_FAILS(Ptrace(PTRACE_SEIZE, child.Number()), EPERM);
  EXPECT_SYSCALL_FAILS(Ptrace(PTRACE_ATTACH, child.Number()), EPERM);
}

PROMISE(PtraceAttach, RequestsToARunningTraceeAreEsrch,
        {
            .says = "A ptrace request fails with ESRCH for a tracee that is not stopped and for a "
                    "process that is not a tracee.",
            .item = "283",
            .authority = "ptrace(2) ERRORS; kernel/ptrace.c ptrace_check_attach()",
        }) {
  const ScopedChild child = Fork(PauseForever);
  EXPECT_SYSCALL_FAILS(Ptrace(PTRACE_CONT, child.Number()), ESRCH) << "not traced";
  Seize(child.Number(), 0);
  ASSERT_TRUE(AwaitState(child.Number(), "S"));
  EXPECT_SYSCALL_FAILS(Ptrace(PTRACE_CONT, child.Number()), ESRCH) << "not stopped";
}

PROMISE(PtraceAttach, SeizeDoesNotStopAndInterruptDoes,
        {
            .says = "PTRACE_SEIZE leaves the tracee running; PTRACE_INTERRUPT stops it with "
                    "PTRACE_EVENT_STOP and SIGTRAP.",
            .item = "283",
            .authority = "ptrace(2) PTRACE_SEIZE, PTRACE_INTERRUPT",
            .since = "3.4",
        }) {
  const Handshake gate;
  const Handshake answer;
  ScopedChild child = Fork([&] {
    while (gate.Await()) answer.Notify();
    return 1;
  });
  Seize(child.Number(), 0);
  gate.Notify();
  EXPECT_TRUE(answer.Await()) << "it runs although it is traced";
  EXPECT_TRUE(NoReport(child.Number()));
  ASSERT_EQ(Ptrace(PTRACE_INTERRUPT, child.Number()), 0);
  EXPECT_EQ(NextReport(child.Number()), EventStatus(PTRACE_EVENT_STOP));
  EXPECT_EQ(Stat(child.Number()).state, 't');
  Resume(child.Number());
  gate.Notify();
  EXPECT_TRUE(answer.Await()) << "it runs again";
}

PROMISE(PtraceAttach, AttachStopsWithSigstop,
        {
            .says = "PTRACE_ATTACH stops its tracee with a plain SIGSTOP.",
            .item = "283 8",
            .authority = "ptrace(2) PTRACE_ATTACH",
        }) {
  const ScopedChild child = Fork(PauseForever);
  ASSERT_EQ(Ptrace(PTRACE_ATTACH, child.Number()), 0);
  EXPECT_EQ(NextReport(child.Number()), StopStatus(SIGSTOP));
  EXPECT_EQ(Stat(child.Number()).state, 't');
  EXPECT_EQ(StatusLine(child.Number(), "TracerPid"), std::to_string(::getpid()));
  Detach(child.Number());
  EXPECT_EQ(StatusLine(child.Number(), "TracerPid"), "0");
  EXPECT_TRUE(AwaitState(child.Number(), "S"));
}

}  // namespace
}  // namespace procmark::conformance
