// SPDX-License-Identifier: MIT
// Limits of pids and tasks: pid_max and threads-max.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "conformance/vocabulary/children.h"
#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/machine_setting.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

constexpr const char* kLastPid = "/proc/sys/kernel/ns_last_pid";
constexpr const char* kPidMax = "/proc/sys/kernel/pid_max";

// Sets the pid limit of the new pid namespace in which it runs. 0; 90 when the limit is not the
// namespace's own on this kernel; else the number of the step that failed.
int SetOwnLimit(const std::string& limit) {
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 11;
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) return 12;
  if (WriteText(kPidMax, limit) != 0) return 90;
  return TextOf(kPidMax) == limit + "\n" ? 0 : 13;
}

// Runs in a new pid namespace: limits the pids to 300 and uses them all.
int LimitOwnNumbers() {
  if (const int failed = SetOwnLimit("301"); failed != 0) return failed;
  if (WriteText(kLastPid, "299") != 0) return 14;
  const Handshake end;
  ScopedChild last = ForkUntil(end);
  if (last.Number() != 300) return 15;
  const pid_t refused = ::fork();
  if (refused == 0) ::_exit(0);
  if (refused > 0 || errno != EAGAIN) return 16;
  end.Notify();
  if (last.Reap() != 0) return 17;
  return NextPid() == 300 ? 0 : 18;
}

// Runs `body` as an ordinary user in a new user, pid and mount namespace, so that on an older
// kernel it may not write the setting of the whole machine. The body's value; 91 when this user may
// not make the namespaces.
int InOwnNamespaces(const std::function<int()>& body) {
  ScopedChild user = Fork([&] {
    if (::geteuid() == 0 &&
        (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0)) {
      return 20;
    }
    (void)::prctl(PR_SET_DUMPABLE, 1);
    const std::string uid = std::to_string(::geteuid());
    const CloneArguments arguments{.flags = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS,
                                   .exit_signal = SIGCHLD};
    try {
      return Clone(arguments,
                   [&] {
                     const bool mapped =
                         WriteText("/proc/self/uid_map", uid + " " + uid + " 1") == 0;
                     return mapped ? body() : 10;
                   })
                 .Reap() >>
             8;
    } catch (const std::exception&) {
      return 91;
    }
  });
  return user.Reap() >> 8;
}

#define SKIP_WITHOUT_OWN_LIMIT(status)                                            \
  if ((status) == 90)                                                             \
    GTEST_SKIP() << "on this kernel pid_max is one setting of the whole machine"; \
  if ((status) == 91) GTEST_SKIP() << "an ordinary user may not make user namespaces here"

PROMISE(PidLimit, NamespaceHasItsOwn,
        {
            .says = "A pid namespace has its own pid_max: beyond it fork fails with EAGAIN there, "
                    "and the parent namespace's limit is unchanged.",
            .item = "312",
            .authority = "kernel/pid_namespace.c, kernel/pid.c alloc_pid()",
            .since = "6.14",
            .kind = Kind::kVersion,
        }) {
  const std::string outer = TextOf(kPidMax);
  const int status = InOwnNamespaces(LimitOwnNumbers);
  EXPECT_EQ(TextOf(kPidMax), outer);
  SKIP_WITHOUT_OWN_LIMIT(status);
  EXPECT_EQ(status, 0) << "the number of the step that failed";
}

// Forks children that wait, until the kernel refuses. The errno, or 0 when it refused none of
// `most`.
int ForkUntilRefused(int most) {
  const Handshake end;
  std::vector<ScopedChild> children;
  int error = 0;
  while (error == 0 && static_cast<int>(children.size()) < most) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(end.Await() ? 0 : 1);
    if (pid < 0) {
      error = errno;
    } else {
      const long pidfd = ::syscall(SYS_pidfd_open, pid, 0);
      children.emplace_back(*sys::Pid::From(pid), sys::Fd(static_cast<int>(pidfd)));
    }
  }
  for (size_t i = 0; i < children.size(); ++i) end.Notify();
  for (ScopedChild& child : children) EXPECT_EQ(child.Reap(), 0);
  return error;
}

// Runs in a namespace with pids up to 309, and makes one inside it that may have pids up to 400.
int ForkInsideALimit() {
  if (const int failed = SetOwnLimit("310"); failed != 0) return failed;
  const CloneArguments arguments{.flags = CLONE_NEWPID | CLONE_NEWNS, .exit_signal = SIGCHLD};
  return Clone(arguments,
               [&] {
                 if (const int failed = SetOwnLimit("401"); failed != 0) return failed;
                 if (ForkUntilRefused(100) != 0) return 30;
                 return ForkUntilRefused(390) == EAGAIN ? 0 : 31;
               })
             .Reap() >>
         8;
}

PROMISE(PidLimit, NestedNamespacesAllCount,
        {
            .says = "A process has a pid in each namespace that contains it, so that the limit of "
                    "an outer namespace also applies inside one that would allow more.",
            .item = "312",
            .authority = "kernel/pid.c alloc_pid() (each level's own pid_max)",
            .since = "6.14",
            .kind = Kind::kVersion,
        }) {
  const int status = InOwnNamespaces(ForkInsideALimit);
  SKIP_WITHOUT_OWN_LIMIT(status);
  EXPECT_EQ(status, 0) << "the number of the step that failed";
}

PROMISE(PidLimit, NoFreeNumberIsEagain,
        {
            .says = "fork fails with EAGAIN when no pid below kernel.pid_max is free.",
            .item = "318",
            .authority = "fork(2) EAGAIN, proc_sys_kernel(5) pid_max",
            .tags = "destructive",
        }) {
  SKIP_UNLESS_DESTRUCTIVE();
  const ReplacedSetting few(kPidMax, "301");
  EXPECT_ERRNO(ForkUntilRefused(400), EAGAIN);
}

PROMISE(PidLimit, ThreadsMaxIsEagain,
        {
            .says = "fork fails with EAGAIN when the machine has kernel.threads-max tasks, even "
                    "for root.",
            .item = "318",
            .authority = "fork(2) EAGAIN, proc_sys_kernel(5) threads-max; kernel/fork.c "
                         "copy_process()",
            .tags = "destructive",
        }) {
  SKIP_UNLESS_DESTRUCTIVE();
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to set kernel.threads-max";
  EXPECT_ERRNO(ForkUntilRefused(3), 0) << "the control: before the limit";
  {
    const ReplacedSetting few("/proc/sys/kernel/threads-max", "20");
    EXPECT_ERRNO(ForkUntilRefused(25), EAGAIN);
  }
  EXPECT_ERRNO(ForkUntilRefused(3), 0);
}

}  // namespace
}  // namespace procmark::conformance
