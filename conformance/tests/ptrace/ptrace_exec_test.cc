// SPDX-License-Identifier: MIT
// What a tracer sees of an execve(2).
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <string>

#include "conformance/vocabulary/descriptors.h"
#include "conformance/vocabulary/exec_helper.h"
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

PROMISE(PtraceExec, TracemeThenExecStopsWithSigtrap,
        {
            .says = "After PTRACE_TRACEME, an execve stops the new program with a plain SIGTRAP "
                    "before it runs.",
            .item = "281",
            .authority = "ptrace(2) (PTRACE_TRACEME, execve under ptrace)",
        }) {
  ScopedChild child = Fork([] {
    (void)Ptrace(PTRACE_TRACEME, 0);
    (void)ExecHelper(kExitWith, {"16"});
    return 126;
  });
  ASSERT_EQ(NextReport(child.Number()), StopStatus(SIGTRAP));
  EXPECT_EQ(Stat(child.Number()).Flags() & 0x40, 0) << "PF_FORKNOEXEC: it has execed";
  Resume(child.Number());
  EXPECT_EQ(NextReport(child.Number()), 16 << 8);
}

PROMISE(PtraceExec, ExecEventReplacesTheSigtrap,
        {
            .says = "With PTRACE_O_TRACEEXEC an execve is one PTRACE_EVENT_EXEC with the caller's "
                    "tid as message, and no SIGTRAP follows.",
            .item = "282 281",
            .authority = "ptrace(2) PTRACE_O_TRACEEXEC",
            .since = "3.4",
        }) {
  const Handshake gate;
  ScopedChild child = Fork([&] {
    (void)gate.Await();
    (void)ExecHelper(kExitWith, {"16"});
    return 126;
  });
  Seize(child.Number(), PTRACE_O_TRACEEXEC);
  gate.Notify();
  ASSERT_EQ(NextReport(child.Number()), EventStatus(PTRACE_EVENT_EXEC));
  EXPECT_EQ(EventMessage(child.Number()), static_cast<unsigned long>(child.Number()));
  Resume(child.Number());
  EXPECT_EQ(NextReport(child.Number()), 16 << 8);
}

PROMISE(PtraceExec, SeizedTraceeExecsWithoutAStop,
        {
            .says = "An execve of a seized tracee is not reported without PTRACE_O_TRACEEXEC.",
            .item = "281 283",
            .authority = "ptrace(2) PTRACE_SEIZE; include/linux/ptrace.h ptrace_event()",
            .since = "3.4",
        }) {
  const Handshake gate;
  ScopedChild child = Fork([&] {
    (void)gate.Await();
    (void)ExecHelper(kExitWith, {"16"});
    return 126;
  });
  Seize(child.Number(), 0);
  gate.Notify();
  EXPECT_EQ(NextReport(child.Number()), 16 << 8);
}

PROMISE(PtraceExec, ExecByAThreadIsReportedUnderTheProcess,
        {
            .says = "An execve by a thread other than the leader is reported as PTRACE_EVENT_EXEC "
                    "under the process's pid with the former tid as message, and neither the end "
                    "of the leader nor that of the tid is reported.",
            .item = "282",
            .authority = "ptrace(2) (execve under ptrace); fs/exec.c de_thread()",
            .since = "3.4",
        }) {
  const Handshake gate;
  ScopedChild child = Fork([&] {
    (void)gate.Await();
    const JoinedThread thread([] {
      (void)ExecHelper(kExitWith, {"16"});
      ::_exit(126);
    });
    PauseForever();
  });
  const pid_t pid = child.Number();
  Seize(pid, PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC);
  gate.Notify();
  ASSERT_EQ(NextReport(pid), EventStatus(PTRACE_EVENT_CLONE));
  const auto tid = static_cast<pid_t>(EventMessage(pid));
  ASSERT_NE(tid, pid);
  ASSERT_EQ(NextReport(tid), EventStatus(PTRACE_EVENT_STOP));
  Resume(pid);
  ASSERT_TRUE(AwaitState(pid, "S"));
  Resume(tid);
  const Waited exec = Wait4(-1, __WALL);
  ASSERT_EQ(exec.pid, pid) << "nothing else is reported";
  ASSERT_EQ(exec.status, EventStatus(PTRACE_EVENT_EXEC));
  EXPECT_EQ(EventMessage(pid), static_cast<unsigned long>(tid));
  EXPECT_EQ(StatusLine(pid, "Threads"), "1");
  Resume(pid);
  const Waited end = Wait4(-1, __WALL);
  EXPECT_EQ(end.pid, pid);
  EXPECT_EQ(end.status, 16 << 8);
}

PROMISE(PtraceExec, MemoryCanBeReadWhileAnExecIsBlocked,
        {
            .says = "While an execve waits for a traced thread that has not been reaped, another "
                    "process can open the memory of the process without a deadlock.",
            .item = "286",
            .authority = "fs/exec.c begin_new_exec() exec_update_lock; kernel/fork.c mm_access()",
            .since = "5.8",
            .kind = Kind::kLinux,
        }) {
  const Shared<std::atomic<pid_t>> tid;
  const Handshake traced;
  const Handshake gate;
  ScopedChild child = Fork([&] {
    const JoinedThread thread([&] {
      tid->store(OwnTid());
      (void)Ptrace(PTRACE_TRACEME, 0);  // the test is the process's parent
      traced.Notify();
      PauseForever();
    });
    (void)gate.Await();
    (void)ExecHelper(kExitWith, {"16"});
    return 126;
  });
  ASSERT_TRUE(traced.Await());
  gate.Notify();
  // The exec ends the thread, and only the tracer can reap its zombie: the exec sleeps until then.
  // The status of that zombie differs between kernels.
  const WaitedId end = WaitId(P_PID, tid->load(), WEXITED | WNOWAIT | __WALL);
  EXPECT_EQ(end.info.si_pid, tid->load());
  const std::string path = ProcPath(child.Number(), "mem");
  const sys::Fd memory(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_TRUE(memory.Valid()) << std::to_string(errno);
  EXPECT_EQ(StatusLine(child.Number(), "Threads"), "2") << "the exec has not finished";
  (void)NextReport(tid->load());  // reaped: now the exec can finish
  EXPECT_EQ(child.Reap(), 16 << 8);
}

// Ends with 17 when the other side of the pipe whose descriptor is `arguments[0]` is closed.
HELPER(ExitSeventeenAtEndOfFile) {
  char byte = 0;
  return ::read(NumberAt(arguments, 0), &byte, 1) == 0 ? 17 : 1;
}

PROMISE(PtraceExec, AttachDuringAnExecEnds,
        {
            .says = "PTRACE_SEIZE of a process whose execve waits for a traced thread waits too or "
                    "fails with EAGAIN, and both calls finish when that thread is reaped.",
            .item = "286",
            .authority = "ptrace(2); kernel/ptrace.c ptrace_attach() (cred_guard_mutex)",
            .kind = Kind::kLinux,
        }) {
  const Shared<std::atomic<pid_t>> tid;
  const Handshake traced;
  const Handshake gate;
  sys::Pipe hold = MakePipe();
  ScopedChild child = Fork([&] {
    hold.write.Close();
    (void)sys::SetCloseOnExec(hold.read.Get(), false);
    (void)::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    const JoinedThread thread([&] {
      tid->store(OwnTid());
      (void)Ptrace(PTRACE_TRACEME, 0);
      traced.Notify();
      PauseForever();
    });
    (void)gate.Await();
    (void)ExecHelper("ExitSeventeenAtEndOfFile", {std::to_string(hold.read.Get())});
    return 126;
  });
  ASSERT_TRUE(traced.Await());
  gate.Notify();
  (void)WaitId(P_PID, tid->load(), WEXITED | WNOWAIT | __WALL);
  const Handshake about_to;
  ScopedChild attacher = Fork([&] {
    hold.write.Close();
    about_to.Notify();
    return Ptrace(PTRACE_SEIZE, child.Number()) == 0 ? 0 : errno;
  });
  ASSERT_TRUE(about_to.Await());
  // It sleeps in the call, or it has ended with EAGAIN.
  EXPECT_TRUE(AwaitState(attacher.Number(), "SDZ"));
  (void)NextReport(tid->load());  // reaped: now the exec can finish
  const int error = attacher.Reap() >> 8;
  EXPECT_TRUE(error == 0 || error == EAGAIN) << ErrnoText(error);
  hold.write.Close();
  EXPECT_EQ(child.Reap(), 17 << 8);
}

}  // namespace
}  // namespace procmark::conformance
