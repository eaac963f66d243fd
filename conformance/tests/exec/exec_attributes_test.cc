// SPDX-License-Identifier: MIT
// Attributes of a process that execve(2) keeps or clears.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

#include "conformance/vocabulary/clone_probe.h"
#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/scheduling.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/tasks.h"
#include "conformance/vocabulary/users.h"
#include "harness/sys/fd.h"
#include "harness/sys/temp_dir.h"

namespace procmark::conformance {
namespace {

HELPER(CheckAttributes) {
  int value = 0;
  (void)::prctl(PR_GET_PDEATHSIG, &value);
  if (value != SIGUSR1) return 1;
  (void)::prctl(PR_GET_CHILD_SUBREAPER, &value);
  if (value != 1) return 2;
  if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return 3;
  if (::prctl(PR_GET_DUMPABLE) != 1) return 4;
  itimerval left{};
  (void)::getitimer(ITIMER_REAL, &left);
  return left.it_value.tv_sec > 0 ? 0 : 5;
}

PROMISE(ExecAttributes, AttributesAndIntervalTimersAreKept,
        {
            .says = "A plain execve keeps the death signal, the subreaper attribute, no_new_privs "
                    "and interval timers, and sets dumpable to 1.",
            .item = "164 165 167 168",
            .authority = "execve(2), prctl(2); fs/exec.c begin_new_exec()",
        }) {
  const int status = StatusOfHelper("CheckAttributes", {}, [] {
    (void)::prctl(PR_SET_PDEATHSIG, SIGUSR1);
    (void)::prctl(PR_SET_CHILD_SUBREAPER, 1);
    (void)::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    (void)::prctl(PR_SET_DUMPABLE, 1);
    const itimerval hour{{0, 0}, {3600, 0}};
    (void)::setitimer(ITIMER_REAL, &hour, nullptr);
  });
  EXPECT_EQ(status, 0) << "exit status: the number of the helper's check that failed";
}

HELPER(ReportNice) { return ::getpriority(PRIO_PROCESS, 0); }

PROMISE(ExecAttributes, NiceIsKept,
        {
            .says = "execve keeps the nice value.",
            .item = "167",
            .authority = "execve(2), setpriority(2)",
        }) {
  SKIP_IF_NICER_THAN(13);
  ScopedChild child = Fork([] {
    (void)::setpriority(PRIO_PROCESS, 0, 13);
    (void)ExecHelper("ReportNice", {});
    return 126;
  });
  EXPECT_EQ(child.Reap(), 13 << 8);
}

// Bit 0: PR_GET_KEEPCAPS; bit 1: PR_GET_THP_DISABLE.
int Switches() {
  return (::prctl(PR_GET_KEEPCAPS) == 1 ? 1 : 0) |
         (::prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1 ? 2 : 0);
}
HELPER(ReportSwitches) { return Switches(); }

PROMISE(ExecAttributes, KeepCapabilitiesIsCleared,
        {
            .says = "fork copies PR_SET_KEEPCAPS, and execve clears it.",
            .item = "37 167",
            .authority = "PR_SET_KEEPCAPS(2const); security/commoncap.c cap_bprm_creds_from_file()",
        }) {
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_KEEPCAPS, 1));
  ASSERT_EQ(Switches() & 1, 1);
  ScopedChild copy = Fork([] { return Switches() & 1; });
  EXPECT_EQ(copy.Reap(), 1 << 8);
  ScopedChild other = Fork([] { return ExecHelper("ReportSwitches", {}); });
  EXPECT_EQ((other.Reap() >> 8) & 1, 0);
}

PROMISE(ExecAttributes, HugePageSwitchIsKept,
        {
            .says = "fork copies PR_SET_THP_DISABLE, and execve keeps it.",
            .item = "37 167",
            .authority = "PR_SET_THP_DISABLE(2const); kernel/fork.c mm_init() (MMF_INIT_MASK)",
            .since = "3.15",
        }) {
  if (::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) != 0) {
    GTEST_SKIP() << "this kernel has no PR_SET_THP_DISABLE";
  }
  ASSERT_EQ(Switches() & 2, 2);
  ScopedChild copy = Fork([] { return Switches() & 2; });
  EXPECT_EQ(copy.Reap(), 2 << 8);
  ScopedChild other = Fork([] { return ExecHelper("ReportSwitches", {}); });
  EXPECT_EQ((other.Reap() >> 8) & 2, 2);
}

HELPER(ReportDeathSignal) {
  int signal = -1;
  (void)::prctl(PR_GET_PDEATHSIG, &signal);
  return ::geteuid() == 0 ? signal : 100 + signal;
}

// Copies this program to a file system of the test's own, owned by root. Its path, or "" on
// failure.
std::string CopyOfThisProgram(const std::string& folder, mode_t mode) {
  if (::mkdir(folder.c_str(), 0755) != 0) return {};
  if (::mount("tmpfs", folder.c_str(), "tmpfs", 0, "mode=0755") != 0) return {};
  std::string path = folder + "/program";
  const sys::Fd source(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  const sys::Fd copy(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0700));
  struct stat size {};
  if (!source.Valid() || !copy.Valid() || ::fstat(source.Get(), &size) != 0) return {};
  for (off_t left = size.st_size; left > 0;) {
    const ssize_t sent = ::sendfile(copy.Get(), source.Get(), nullptr, static_cast<size_t>(left));
    if (sent <= 0) return {};
    left -= sent;
  }
  return ::fchmod(copy.Get(), mode) == 0 ? path : std::string();
}

PROMISE(ExecAttributes, SetUserIdProgramClearsTheDeathSignal,
        {
            .says = "execve of a set-user-id program clears the death signal, and execve of the "
                    "same program without the bit keeps it.",
            .item = "164",
            .authority = "PR_SET_PDEATHSIG(2const); fs/exec.c begin_new_exec() (secureexec)",
        }) {
  if (!InOwnPidNamespace() || ::geteuid() != 0) {
    GTEST_SKIP() << "needs root and a mount namespace of its own, to make a set-user-id file";
  }
  for (const bool set_user_id : {false, true}) {
    const std::string folder = set_user_id ? "/tmp/set" : "/tmp/plain";
    const std::string path = CopyOfThisProgram(folder, set_user_id ? 04755 : 0755);
    ASSERT_FALSE(path.empty()) << ErrnoText(errno);
    ScopedChild child = Fork([&] {
      if (::setresuid(kOrdinaryUid, kOrdinaryUid, kOrdinaryUid) != 0) return 126;
      (void)::prctl(PR_SET_PDEATHSIG, SIGUSR1);  // after setresuid, which clears it
      (void)HelperCommand("ReportDeathSignal").Exec(path.c_str());
      return 125;
    });
    EXPECT_EQ(child.Reap(), (set_user_id ? 0 : 100 + SIGUSR1) << 8);
    EXPECT_SYSCALL_SUCCEEDS(::umount(folder.c_str()));
    EXPECT_SYSCALL_SUCCEEDS(::rmdir(folder.c_str()));
  }
}

HELPER(ReportDumpable) { return ::prctl(PR_GET_DUMPABLE); }

PROMISE(ExecAttributes, UnreadableProgramIsNotDumpable,
        {
            .says = "execve makes the process not dumpable when its caller may execute but not "
                    "read the program, and dumpable when the program is readable.",
            .item = "168",
            .authority = "PR_SET_DUMPABLE(2const), execve(2); fs/exec.c would_dump()",
        }) {
  sys::Result<sys::TempDir> folder = sys::TempDir::Create();
  ASSERT_TRUE(folder);
  const std::string path = folder.Value().Path().string() + "/program";
  {
    const sys::Fd from(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    const sys::Fd to(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0700));
    while (::sendfile(to.Get(), from.Get(), nullptr, 1 << 20) > 0) {
    }
  }
  const bool root = ::geteuid() == 0;
  if (root) {
    ASSERT_SYSCALL_SUCCEEDS(::chown(folder.Value().Path().c_str(), kOrdinaryUid, kOrdinaryUid));
    ASSERT_SYSCALL_SUCCEEDS(::chown(path.c_str(), kOrdinaryUid, kOrdinaryUid));
  }
  const auto dumpable = [&](mode_t mode) {
    (void)::chmod(path.c_str(), mode);
    ScopedChild child = Fork([&] {
      // Root would gain capabilities by the exec, which would change dumpable too.
      if (root && ::setresuid(kOrdinaryUid, kOrdinaryUid, kOrdinaryUid) != 0) return 125;
      if (!DropCapabilities()) return 125;
      (void)HelperCommand("ReportDumpable").Exec(path.c_str());
      return 126;
    });
    return child.Reap() >> 8;
  };
  const int readable = dumpable(0500);
  if (readable == 126) GTEST_SKIP() << "this user may not execute a program in " << path;
  EXPECT_EQ(readable, 1);
  const int unreadable = dumpable(0100);
  EXPECT_TRUE(unreadable == 0 || unreadable == 2)
      << unreadable << ": fs.suid_dumpable chooses 0 or 2";
}

}  // namespace
}  // namespace procmark::conformance
