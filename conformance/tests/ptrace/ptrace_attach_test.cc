// Attaching, stopping and listening with ptrace(2), and what exec means to a tracer.
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <string>
#include <vector>

#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/tracing.h"

namespace procmark::conformance {
namespace {

HELPER(ExitSixteen) { return 16; }

PROMISE(Ptrace, AttachToOwnGroupIsEperm,
        {.says = "PTRACE_ATTACH and PTRACE_SEIZE of the caller itself or of a thread of its own "
                 "process are EPERM.",
         .item = "280",
         .authority = "ptrace(2) ERRORS; kernel/ptrace.c ptrace_attach() same_thread_group()"}) {
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
    EXPECT_EQ(::ptrace(PTRACE_ATTACH, target, nullptr, nullptr), -1);
    EXPECT_EQ(errno, EPERM) << target;
    EXPECT_EQ(::ptrace(PTRACE_SEIZE, target, nullptr, nullptr), -1);
    EXPECT_EQ(errno, EPERM) << target;
  }
  end.Notify();
}

PROMISE(Ptrace, SecondTracerIsRefused,
        {.says = "A process that is traced already cannot be attached to again: EPERM.",
         .item = "280",
         .authority = "ptrace(2) ERRORS; kernel/ptrace.c ptrace_attach()"}) {
  const ScopedChild child = Fork(PauseForever);
  Seize(child.Number(), 0);
  EXPECT_EQ(::ptrace(PTRACE_SEIZE, child.Number(), nullptr, nullptr), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(::ptrace(PTRACE_ATTACH, child.Number(), nullptr, nullptr), -1);
  EXPECT_EQ(errno, EPERM);
}

PROMISE(Ptrace, RequestsToARunningTraceeAreEsrch,
        {.says = "A request to a tracee that is not stopped, or to a process that is not a "
                 "tracee, is ESRCH.",
         .item = "283",
         .authority = "ptrace(2) ERRORS; kernel/ptrace.c ptrace_check_attach()"}) {
  const ScopedChild child = Fork(PauseForever);
  EXPECT_EQ(::ptrace(PTRACE_CONT, child.Number(), nullptr, nullptr), -1);
  EXPECT_EQ(errno, ESRCH) << "not traced";
  Seize(child.Number(), 0);
  ASSERT_TRUE(AwaitState(child.Number(), "S"));
  EXPECT_EQ(::ptrace(PTRACE_CONT, child.Number(), nullptr, nullptr), -1);
  EXPECT_EQ(errno, ESRCH) << "not stopped";
}

PROMISE(Ptrace, TracemeThenExecStopsWithSigtrap,
        {.says = "An execve after PTRACE_TRACEME stops the new program with a plain SIGTRAP before "
                 "it runs.",
         .item = "281",
         .authority = "ptrace(2) (PTRACE_TRACEME, execve under ptrace)"}) {
  ScopedChild child = Fork([] {
    (void)::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    (void)ExecHelper("ExitSixteen", {});
    return 126;
  });
  ASSERT_EQ(NextReport(child.Number()), StopStatus(SIGTRAP));
  EXPECT_EQ(Stat(child.Number()).Flags() & 0x40, 0) << "PF_FORKNOEXEC: it has execed";
  Resume(child.Number());
  EXPECT_EQ(NextReport(child.Number()), 16 << 8);
}

PROMISE(Ptrace, ExecEventReplacesTheSigtrap,
        {.says = "With PTRACE_O_TRACEEXEC an execve is one PTRACE_EVENT_EXEC whose message is the "
                 "caller's tid, and no SIGTRAP follows.",
         .item = "282 281",
         .authority = "ptrace(2) PTRACE_O_TRACEEXEC",
         .since = "3.4"}) {
  const Handshake gate;
  ScopedChild child = Fork([&] {
    (void)gate.Await();
    (void)ExecHelper("ExitSixteen", {});
    return 126;
  });
  Seize(child.Number(), PTRACE_O_TRACEEXEC);
  gate.Notify();
  ASSERT_EQ(NextReport(child.Number()), EventStatus(PTRACE_EVENT_EXEC));
  EXPECT_EQ(EventMessage(child.Number()), static_cast<unsigned long>(child.Number()));
  Resume(child.Number());
  EXPECT_EQ(NextReport(child.Number()), 16 << 8);
}

PROMISE(Ptrace, SeizedTraceeExecsWithoutAStop,
        {.says = "An execve of a seized tracee without PTRACE_O_TRACEEXEC is not reported.",
         .item = "281 283",
         .authority = "ptrace(2) PTRACE_SEIZE; include/linux/ptrace.h ptrace_event()",
         .since = "3.4"}) {
  const Handshake gate;
  ScopedChild child = Fork([&] {
    (void)gate.Await();
    (void)ExecHelper("ExitSixteen", {});
    return 126;
  });
  Seize(child.Number(), 0);
  gate.Notify();
  EXPECT_EQ(NextReport(child.Number()), 16 << 8);
}

PROMISE(Ptrace, ExecByAThreadIsReportedUnderTheProcess,
        {.says = "An execve by a thread that is no leader is PTRACE_EVENT_EXEC under the process's "
                 "pid with the former tid as message; neither the leader's end nor the tid's is "
                 "reported.",
         .item = "282",
         .authority = "ptrace(2) (execve under ptrace); fs/exec.c de_thread()",
         .since = "3.4"}) {
  const Handshake gate;
  ScopedChild child = Fork([&] {
    (void)gate.Await();
    const JoinedThread thread([] {
      (void)ExecHelper("ExitSixteen", {});
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

PROMISE(Ptrace, SeizeDoesNotStopAndInterruptDoes,
        {.says = "PTRACE_SEIZE leaves the tracee running; PTRACE_INTERRUPT stops it with "
                 "PTRACE_EVENT_STOP and SIGTRAP.",
         .item = "283",
         .authority = "ptrace(2) PTRACE_SEIZE, PTRACE_INTERRUPT",
         .since = "3.4"}) {
  const Handshake gate;
  const Handshake answer;
  ScopedChild child = Fork([&] {
    while (gate.Await()) answer.Notify();
    return 1;
  });
  Seize(child.Number(), 0);
  gate.Notify();
  EXPECT_TRUE(answer.Await()) << "it runs though it is traced";
  EXPECT_TRUE(NoReport(child.Number()));
  ASSERT_EQ(::ptrace(PTRACE_INTERRUPT, child.Number(), nullptr, nullptr), 0);
  EXPECT_EQ(NextReport(child.Number()), EventStatus(PTRACE_EVENT_STOP));
  EXPECT_EQ(Stat(child.Number()).state, 't');
  Resume(child.Number());
  gate.Notify();
  EXPECT_TRUE(answer.Await()) << "it runs again";
}

PROMISE(Ptrace, AttachStopsWithSigstop,
        {.says = "PTRACE_ATTACH stops its tracee with a plain SIGSTOP.",
         .item = "283 8",
         .authority = "ptrace(2) PTRACE_ATTACH"}) {
  const ScopedChild child = Fork(PauseForever);
  ASSERT_EQ(::ptrace(PTRACE_ATTACH, child.Number(), nullptr, nullptr), 0);
  EXPECT_EQ(NextReport(child.Number()), StopStatus(SIGSTOP));
  EXPECT_EQ(Stat(child.Number()).state, 't');
  EXPECT_EQ(StatusLine(child.Number(), "TracerPid"), std::to_string(::getpid()));
  Detach(child.Number());
  EXPECT_EQ(StatusLine(child.Number(), "TracerPid"), "0");
  EXPECT_TRUE(AwaitState(child.Number(), "S"));
}

PROMISE(Ptrace, GroupStopIsAnEventWithTheStopSignal,
        {.says = "A group stop of a seized tracee is PTRACE_EVENT_STOP with the stopping signal, "
                 "after the stop before that signal's delivery.",
         .item = "283",
         .authority = "ptrace(2) (Group-stop)",
         .since = "3.4"}) {
  for (const int signal : {SIGSTOP, SIGTSTP}) {
    const ScopedChild child = Fork(PauseForever);
    Seize(child.Number(), 0);
    ASSERT_TRUE(child.Signal(signal).Ok());
    ASSERT_EQ(NextReport(child.Number()), StopStatus(signal));
    Resume(child.Number(), signal);
    EXPECT_EQ(NextReport(child.Number()), EventStatus(PTRACE_EVENT_STOP, signal));
  }
}

PROMISE(Ptrace, ListenKeepsTheGroupStopUntilContinued,
        {.says = "After PTRACE_LISTEN a group-stopped tracee stays stopped and silent; SIGCONT "
                 "ends the group stop and is told by PTRACE_EVENT_STOP with SIGTRAP.",
         .item = "283",
         .authority = "ptrace(2) PTRACE_LISTEN",
         .since = "3.4"}) {
  const ScopedChild child = Fork(PauseForever);
  const pid_t pid = child.Number();
  Seize(pid, 0);
  ASSERT_TRUE(child.Signal(SIGSTOP).Ok());
  ASSERT_EQ(NextReport(pid), StopStatus(SIGSTOP));
  Resume(pid, SIGSTOP);
  ASSERT_EQ(NextReport(pid), EventStatus(PTRACE_EVENT_STOP, SIGSTOP));
  ASSERT_EQ(::ptrace(PTRACE_LISTEN, pid, nullptr, nullptr), 0);
  EXPECT_TRUE(AwaitState(pid, "tT"));
  EXPECT_TRUE(NoReport(pid));
  ASSERT_TRUE(child.Signal(SIGCONT).Ok());
  EXPECT_EQ(NextReport(pid), EventStatus(PTRACE_EVENT_STOP, SIGTRAP));
  Resume(pid);
  EXPECT_EQ(NextReport(pid), StopStatus(SIGCONT)) << "the signal itself comes after it";
  Resume(pid);
  EXPECT_TRUE(AwaitState(pid, "S"));
}

PROMISE(
    Ptrace, MemoryCanBeReadWhileAnExecIsBlocked,
    {.says = "While an execve waits for a traced thread that nobody has reaped, another process "
             "can open the memory of the process: no deadlock.",
     .item = "286",
     .authority = "fs/exec.c begin_new_exec() exec_update_lock; kernel/fork.c mm_access()",
     .since = "5.8",
     .kind = Kind::kLinux}) {
  const Shared<std::atomic<pid_t>> tid;
  const Handshake traced;
  const Handshake gate;
  ScopedChild child = Fork([&] {
    const JoinedThread thread([&] {
      tid->store(OwnTid());
      (void)::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);  // the test is the process's parent
      traced.Notify();
      PauseForever();
    });
    (void)gate.Await();
    (void)ExecHelper("ExitSixteen", {});
    return 126;
  });
  ASSERT_TRUE(traced.Await());
  gate.Notify();
  // The exec ends the thread, whose zombie is its tracer's: until then the exec sleeps. Which
  // status that zombie has is not the same on all kernels.
  const WaitedId end = WaitId(P_PID, tid->load(), WEXITED | WNOWAIT | __WALL);
  EXPECT_EQ(end.info.si_pid, tid->load());
  const std::string path = "/proc/" + std::to_string(child.Number()) + "/mem";
  const sys::Fd memory(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_TRUE(memory.Valid()) << std::to_string(errno);
  EXPECT_EQ(StatusLine(child.Number(), "Threads"), "2") << "the exec has not been finished";
  (void)NextReport(tid->load());  // reaped: now the exec goes on
  EXPECT_EQ(child.Reap(), 16 << 8);
}

// The head of the robust list of a task that the caller may trace, as the kernel knows it.
const void* RobustList(pid_t pid) {
  const void* head = &head;
  size_t size = 0;
  if (::syscall(SYS_get_robust_list, pid, &head, &size) != 0) ThrowErrno("get_robust_list", errno);
  return head;
}

PROMISE(
    Exec, RobustListIsForgotten,
    {.says = "execve drops the caller's robust list: before the new program runs there is none.",
     .item = "161 338",
     .authority = "set_robust_list(2); kernel/futex/core.c futex_exec_release() (a leak until "
                  "6.12.104)",
     .kind = Kind::kLinux}) {
  const Handshake ready;
  const Handshake gate;
  static robust_list_head list{};
  ScopedChild child = Fork([&] {
    list.list.next = &list.list;
    (void)::syscall(SYS_set_robust_list, &list, sizeof list);
    ready.Notify();
    (void)gate.Await();
    (void)ExecHelper("ExitSixteen", {});
    return 126;
  });
  ASSERT_TRUE(ready.Await());
  Seize(child.Number(), PTRACE_O_TRACEEXEC);
  EXPECT_EQ(RobustList(child.Number()), &list) << "the decoy: before";
  gate.Notify();
  ASSERT_EQ(NextReport(child.Number()), EventStatus(PTRACE_EVENT_EXEC));
  EXPECT_EQ(RobustList(child.Number()), nullptr);
  Resume(child.Number());
  EXPECT_EQ(child.Reap(), 16 << 8);
}

// Ends with 17 when the pipe that is its descriptor `arguments[0]` is closed on the other side.
HELPER(ExitSeventeenAtEndOfFile) {
  char byte = 0;
  return ::read(std::stoi(arguments.at(0)), &byte, 1) == 0 ? 17 : 1;
}

PROMISE(Ptrace, AttachDuringAnExecEnds,
        {.says = "PTRACE_SEIZE of a process whose execve waits for a traced thread waits for the "
                 "execve or is EAGAIN; once the thread is reaped both go on: no deadlock.",
         .item = "286",
         .authority = "ptrace(2); kernel/ptrace.c ptrace_attach() (cred_guard_mutex)",
         .kind = Kind::kLinux}) {
  const Shared<std::atomic<pid_t>> tid;
  const Handshake traced;
  const Handshake gate;
  sys::Pipe hold = std::move(sys::Pipe::Create()).Value();
  ScopedChild child = Fork([&] {
    hold.write.Close();
    (void)sys::SetCloseOnExec(hold.read.Get(), false);
    (void)::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    const JoinedThread thread([&] {
      tid->store(OwnTid());
      (void)::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
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
    return ::ptrace(PTRACE_SEIZE, child.Number(), nullptr, nullptr) == 0 ? 0 : errno;
  });
  ASSERT_TRUE(about_to.Await());
  // It sleeps in the call, or has ended with EAGAIN.
  EXPECT_TRUE(AwaitState(attacher.Number(), "SDZ"));
  (void)NextReport(tid->load());  // reaped: now the exec goes on
  const int error = attacher.Reap() >> 8;
  EXPECT_TRUE(error == 0 || error == EAGAIN) << error;
  hold.write.Close();
  EXPECT_EQ(child.Reap(), 17 << 8);
}

}  // namespace
}  // namespace procmark::conformance
