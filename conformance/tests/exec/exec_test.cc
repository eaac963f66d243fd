// SPDX-License-Identifier: MIT
// What execve(2) keeps, resets and closes. The new program is a helper of this same binary.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/futex.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <string>
#include <vector>

#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/signals.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/tracing.h"
#include "harness/sys/fd.h"
#include "harness/sys/temp_dir.h"

namespace procmark::conformance {
namespace {

HELPER(CheckIdentity) {
  const std::vector<pid_t> now = {::getpid(), ::getppid(), ::getpgrp(), ::getsid(0)};
  for (size_t i = 0; i < now.size(); ++i) {
    if (std::to_string(now[i]) != arguments.at(i)) return static_cast<int>(i) + 1;
  }
  return 0;
}

PROMISE(Exec, IdentityIsKept,
        {
            .says = "execve keeps pid, parent, process group and session.",
            .item = "163 262",
            .authority = "execve(2)",
        }) {
  const pid_t test = ::getpid();
  ScopedChild child = Fork([&] {
    (void)::setsid();
    const std::string own = std::to_string(::getpid());
    (void)ExecHelper("CheckIdentity", {own, std::to_string(test), own, own});
    return 126;
  });
  EXPECT_EQ(child.Reap(), 0) << "exit status: 1 pid, 2 parent, 3 group, 4 session";
}

// Exits with 0, or with the number of the first check that fails.
HELPER(CheckSignals) {
  struct sigaction action {};
  (void)::sigaction(SIGUSR1, nullptr, &action);
  if (action.sa_handler != SIG_DFL) return 1;  // it was caught
  (void)::sigaction(SIGUSR2, nullptr, &action);
  if (action.sa_handler != SIG_IGN) return 2;  // it was ignored
  sigset_t set;
  (void)::sigprocmask(SIG_SETMASK, nullptr, &set);
  if (::sigismember(&set, SIGALRM) != 1 || ::sigismember(&set, SIGHUP) != 0) return 3;
  (void)::sigpending(&set);
  if (::sigismember(&set, SIGALRM) != 1 || ::sigismember(&set, SIGHUP) != 0) return 4;
  stack_t stack{};
  (void)::sigaltstack(nullptr, &stack);
  return (stack.ss_flags & SS_DISABLE) != 0 ? 0 : 5;
}

PROMISE(Exec, OnlyHandlersAndSignalStackAreReset,
        {
            .says = "execve sets caught signals to their default, keeps ignored signals, the mask "
                    "and pending signals, and drops the signal stack.",
            .item = "161",
            .authority = "execve(2); kernel/signal.c flush_signal_handlers()",
        }) {
  static char memory[65536];
  const int status = StatusOfHelper("CheckSignals", {}, [] {
    (void)::signal(SIGUSR1, DoNothing);
    (void)::signal(SIGUSR2, SIG_IGN);
    const sigset_t set = SetOf({SIGALRM});
    (void)::sigprocmask(SIG_BLOCK, &set, nullptr);
    (void)::raise(SIGALRM);
    const stack_t stack{.ss_sp = memory, .ss_flags = 0, .ss_size = sizeof memory};
    (void)::sigaltstack(&stack, nullptr);
  });
  EXPECT_EQ(status, 0) << "exit status: the number of the helper's check that failed";
}

HELPER(CheckDescriptors) {
  if (::fcntl(NumberAt(arguments, 0), F_GETFD) != 0) return 1;   // it was kept
  if (::fcntl(NumberAt(arguments, 1), F_GETFD) != -1) return 2;  // it was close-on-exec
  return 0;
}

PROMISE(Exec, ClosesExactlyTheMarkedDescriptors,
        {
            .says = "execve closes the close-on-exec descriptors and keeps the others.",
            .item = "162",
            .authority = "execve(2), fcntl(2) FD_CLOEXEC",
        }) {
  const Handshake pipe;
  const int status = StatusOfHelper("CheckDescriptors",
                                    {std::to_string(pipe.ReadFd()), std::to_string(pipe.WriteFd())},
                                    [&] { (void)sys::SetCloseOnExec(pipe.ReadFd(), false); });
  EXPECT_EQ(status, 0) << "exit status: the number of the helper's check that failed";
}

HELPER(CheckPosixTimerGone) {
  const long result = ::syscall(SYS_timer_delete, NumberAt(arguments, 0));
  return result == -1 && errno == EINVAL ? 0 : 1;
}

PROMISE(Exec, PosixTimersAreDeleted,
        {
            .says = "execve deletes POSIX timers.",
            .item = "165",
            .authority = "execve(2), timer_create(2)",
        }) {
  ScopedChild child = Fork([] {
    int timer = -1;
    if (::syscall(SYS_timer_create, CLOCK_MONOTONIC, nullptr, &timer) != 0) return 125;
    (void)ExecHelper("CheckPosixTimerGone", {std::to_string(timer)});
    return 126;
  });
  EXPECT_EQ(child.Reap(), 0);
}

HELPER(CheckMemoryUnlocked) { return StatusLine(::getpid(), "VmLck") == "0 kB" ? 0 : 1; }

PROMISE(Exec, MemoryLocksAreDropped,
        {
            .says = "execve drops memory locks, including MCL_FUTURE.",
            .item = "166",
            .authority = "mlockall(2), execve(2)",
        }) {
  if (::mlockall(MCL_FUTURE) != 0) GTEST_SKIP() << "this user may not lock memory here";
  (void)::munlockall();
  const int status =
      StatusOfHelper("CheckMemoryUnlocked", {}, [] { (void)::mlockall(MCL_FUTURE); });
  EXPECT_EQ(status, 0);
}

// The head of the robust list of a task that the caller may trace, as the kernel knows it.
const void* RobustList(pid_t pid) {
  const void* head = &head;
  size_t size = 0;
  if (::syscall(SYS_get_robust_list, pid, &head, &size) != 0) ThrowErrno("get_robust_list", errno);
  return head;
}

PROMISE(Exec, RobustListIsDropped,
        {
            .says = "execve drops the caller's robust list, so that there is none before the new "
                    "program runs.",
            .item = "161 338",
            .authority = "set_robust_list(2); kernel/futex/core.c futex_exec_release() (a leak "
                         "until 6.12.104)",
            .kind = Kind::kLinux,
        }) {
  const Handshake ready;
  const Handshake gate;
  static robust_list_head list{};
  ScopedChild child = Fork([&] {
    list.list.next = &list.list;
    (void)::syscall(SYS_set_robust_list, &list, sizeof list);
    ready.Notify();
    (void)gate.Await();
    (void)ExecHelper(kExitWith, {"16"});
    return 126;
  });
  ASSERT_TRUE(ready.Await());
  Seize(child.Number(), PTRACE_O_TRACEEXEC);
  EXPECT_EQ(RobustList(child.Number()), &list) << "the control: before the exec";
  gate.Notify();
  ASSERT_EQ(NextReport(child.Number()), EventStatus(PTRACE_EVENT_EXEC));
  EXPECT_EQ(RobustList(child.Number()), nullptr);
  Resume(child.Number());
  EXPECT_EQ(child.Reap(), 16 << 8);
}

PROMISE(Exec, FailedExecChangesNothing,
        {
            .says = "An execve that fails with ENOENT, EACCES, ENOEXEC or ELOOP leaves handlers, "
                    "descriptors and mask unchanged.",
            .item = "170",
            .authority = "execve(2) ERRORS",
        }) {
  sys::Result<sys::TempDir> folder = sys::TempDir::Create();
  ASSERT_TRUE(folder);
  const std::string path = folder.Value().Path();
  const auto make = [&](const std::string& name, mode_t mode) {
    const sys::Fd file(::open((path + name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, mode));
    (void)::fchmod(file.Get(), mode);
    (void)!::write(file.Get(), "\1\2\3\4 no program", 15);
  };
  make("/unmarked", 0600);
  make("/garbage", 0700);
  ASSERT_SYSCALL_SUCCEEDS(::symlink("loop", (path + "/loop").c_str()));
  ASSERT_NE(::signal(SIGUSR1, DoNothing), SIG_ERR);
  const Handshake pipe;
  const auto error_of = [&](const char* name) {
    std::string file = path + name;
    char* const argv[] = {file.data(), nullptr};
    char* const environment[] = {nullptr};
    return ::execve(file.c_str(), argv, environment) == -1 ? errno : 0;
  };
  EXPECT_ERRNO(error_of("/absent"), ENOENT);
  EXPECT_ERRNO(error_of("/unmarked"), EACCES);
  EXPECT_ERRNO(error_of("/garbage"), ENOEXEC);
  EXPECT_ERRNO(error_of("/loop"), ELOOP);
  EXPECT_EQ(::fcntl(pipe.ReadFd(), F_GETFD), FD_CLOEXEC);
  struct sigaction action {};
  ASSERT_SYSCALL_SUCCEEDS(::sigaction(SIGUSR1, nullptr, &action));
  EXPECT_EQ(action.sa_handler, DoNothing);
}

PROMISE(Exec, TooLongArgumentIsE2bigAndChangesNothing,
        {
            .says = "execve with one argument of more than 128 KiB fails with E2BIG and leaves the "
                    "caller's descriptors open.",
            .item = "170",
            .authority = "execve(2) (Limits on size of arguments) MAX_ARG_STRLEN",
        }) {
  const Handshake pipe;
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  std::string longest(32 * page, 'x');  // one byte too many, with its terminating zero
  char name[] = "procmark-conformance";
  char* const argv[] = {name, longest.data(), nullptr};
  char* const environment[] = {nullptr};
  EXPECT_SYSCALL_FAILS(::execve("/proc/self/exe", argv, environment), E2BIG);
  EXPECT_EQ(::fcntl(pipe.ReadFd(), F_GETFD), FD_CLOEXEC);
}

PROMISE(Exec, EmptyArgumentListBecomesOneEmptyArgument,
        {
            .says = "execve with an empty argument list gives the program one empty argument.",
            .item = "169",
            .authority = "execve(2) BUGS; fs/exec.c do_execveat_common(); commit dcd46d897adb",
            .since = "5.18",
        }) {
  ScopedChild child = Fork([] {
    char* const empty[] = {nullptr};
    (void)::execve("/proc/self/exe", empty, empty);
    return 126;
  });
  EXPECT_EQ(child.Reap(), kExitOneEmptyArgument << 8);
}

HELPER(NotifyAndAwait) {
  (void)!::write(NumberAt(arguments, 0), "!", 1);
  char byte = 0;
  return ::read(NumberAt(arguments, 1), &byte, 1) == 1 ? 0 : 1;
}

PROMISE(Exec, ParentMayNotMoveAChildThatExeced,
        {
            .says = "setpgid by the parent moves a child that has not called execve, and fails "
                    "with EACCES for one that has.",
            .item = "173 255 256",
            .authority = "setpgid(2) ERRORS; kernel/sys.c setpgid() (PF_FORKNOEXEC)",
        }) {
  const Handshake execed;
  const Handshake end;
  ScopedChild child = Fork([&] {
    (void)sys::SetCloseOnExec(execed.WriteFd(), false);
    (void)sys::SetCloseOnExec(end.ReadFd(), false);
    (void)ExecHelper("NotifyAndAwait",
                     {std::to_string(execed.WriteFd()), std::to_string(end.ReadFd())});
    return 126;
  });
  ScopedChild plain = Fork(PauseForever);
  ASSERT_TRUE(execed.Await());
  EXPECT_SYSCALL_FAILS(::setpgid(child.Number(), child.Number()), EACCES);
  EXPECT_SYSCALL_SUCCEEDS(::setpgid(plain.Number(), plain.Number()))
      << "the control: this child has not called execve";
  end.Notify();
  EXPECT_EQ(child.Reap(), 0);
}

}  // namespace
}  // namespace procmark::conformance
