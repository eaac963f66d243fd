// SPDX-License-Identifier: MIT
// How the kernel hands out pids, how a caller chooses one, and which pids are not reused yet.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/children.h"
#include "conformance/vocabulary/clone_probe.h"
#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/tasks.h"
#include "harness/sys/text.h"

namespace procmark::conformance {
namespace {

constexpr const char* kLastPid = "/proc/sys/kernel/ns_last_pid";
constexpr const char* kPidMax = "/proc/sys/kernel/pid_max";

#define SKIP_WITHOUT_OWN_NUMBERS()                                                     \
  if (!InOwnPidNamespace())                                                            \
    GTEST_SKIP() << "needs a pid namespace of its own: other processes take pids too"; \
  if (WriteText(kLastPid, "200") != 0)                                                 \
  GTEST_SKIP() << "ns_last_pid cannot be set here (CONFIG_CHECKPOINT_RESTORE)"

int PidMax() {
  const std::string text = TextOf(kPidMax);
  return sys::ParseNumber<int>(text.substr(0, text.find('\n'))).value_or(-1);
}

PROMISE(Pid, NumbersGrowWhateverWasFreed,
        {
            .says = "Each new process gets the pid after the last one that was given, even when "
                    "smaller ones are free again.",
            .item = "306",
            .authority = "fork(2) NOTES; kernel/pid.c alloc_pid() idr_alloc_cyclic()",
            .kind = Kind::kLinux,
        }) {
  SKIP_WITHOUT_OWN_NUMBERS();
  for (pid_t expected = 201; expected < 221; ++expected) EXPECT_EQ(NextPid(), expected);
  ASSERT_ERRNO(WriteText(kLastPid, "1000"), 0);
  EXPECT_EQ(NextPid(), 1001);
}

PROMISE(Pid, WrapSkipsTheReservedNumbers,
        {
            .says = "After the largest pid (pid_max - 1) the next one is 300.",
            .item = "307",
            .authority = "proc_sys_kernel(5) pid_max; kernel/pid.c RESERVED_PIDS",
            .kind = Kind::kLinux,
        }) {
  SKIP_WITHOUT_OWN_NUMBERS();
  const int pid_max = PidMax();
  ASSERT_ERRNO(WriteText(kLastPid, std::to_string(pid_max - 2)), 0);
  EXPECT_EQ(NextPid(), pid_max - 1);
  EXPECT_EQ(NextPid(), 300);
  EXPECT_EQ(NextPid(), 301);
}

PROMISE(Pid, NumberInUseIsSkipped,
        {
            .says = "The kernel skips a pid that is in use.",
            .item = "306",
            .authority = "kernel/pid.c alloc_pid()",
            .kind = Kind::kLinux,
        }) {
  SKIP_WITHOUT_OWN_NUMBERS();
  const Handshake end;
  ScopedChild first = ForkUntil(end);
  ASSERT_EQ(first.Number(), 201);
  ASSERT_ERRNO(WriteText(kLastPid, "200"), 0);
  EXPECT_EQ(NextPid(), 202);
  end.Notify();
  EXPECT_EQ(first.Reap(), 0);
  ASSERT_ERRNO(WriteText(kLastPid, "200"), 0);
  EXPECT_EQ(NextPid(), 201) << "the control: it is free again";
}

// clone3(2) with this pid for a child that ends at once. The errno, or 0.
int CloneAsError(pid_t number) {
  const pid_t pid = RawClone3(WithPid(&number));
  if (pid == 0) ::_exit(0);
  if (pid < 0) return errno;
  return Wait4(pid, 0).pid == number ? 0 : ENODATA;
}

// A pid that is free now; 0 when this user may not choose pids here.
pid_t FreeNumber() {
  pid_t number = 3000;
  while (::access((ProcPath(number)).c_str(), F_OK) == 0) ++number;
  return CloneAsError(number) == 0 ? number : 0;
}

#define SKIP_WITHOUT_CHOICE_OF_NUMBERS() \
  if (FreeNumber() == 0) GTEST_SKIP() << "this user may not choose pids here (clone3 set_tid)"

// Forks a leader that ends and is reaped while a member of its group or session lives on, until
// `release`. The leader's pid.
pid_t ReapedLeaderWithMember(bool session, const Handshake& release, ChildChecks& checks) {
  const Handshake born;
  ScopedChild leader = Fork([&, session] {
    (void)(session ? ::setsid() : ::setpgid(0, 0));
    if (::fork() == 0) {
      if (session) CHILD_EXPECT_SYSCALL_SUCCEEDS(checks, ::setpgid(0, 0));
      born.Notify();
      ::_exit(release.Await() ? 0 : 1);
    }
    return born.Await() ? 0 : 1;
  });
  EXPECT_EQ(leader.Reap(), 0);
  return leader.Number();
}

void ExpectNumberIsKept(bool session, int checks_expected) {
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_CHILD_SUBREAPER, 1));
  ChildChecks checks(checks_expected);
  const Handshake release;
  const pid_t number = ReapedLeaderWithMember(session, release, checks);
  EXPECT_ERRNO(CloneAsError(number), EEXIST);
  release.Notify();
  EXPECT_EQ(Wait4(-1, 0).status, 0);  // the member, which the test has adopted
  EXPECT_ERRNO(CloneAsError(number), 0) << "it is free when the last member has ended";
}

PROMISE(Pid, NumberOfALivingGroupIsNotReused,
        {
            .says = "The pid of a reaped group leader is not given again while its group has a "
                    "member.",
            .item = "311",
            .authority = "POSIX.1 3.300 (process group ID); kernel/pid.c free_pid()",
            .since = "5.5",
        }) {
  SKIP_WITHOUT_CHOICE_OF_NUMBERS();
  ExpectNumberIsKept(false, 0);
}

PROMISE(Pid, NumberOfALivingSessionIsNotReused,
        {
            .says = "The pid of a reaped session leader is not given again while its session has a "
                    "member, even one of another group.",
            .item = "311",
            .authority = "POSIX.1 3.343 (session); kernel/pid.c free_pid()",
            .since = "5.5",
        }) {
  SKIP_WITHOUT_CHOICE_OF_NUMBERS();
  ExpectNumberIsKept(true, 1);
}

PROMISE(Pid, ChoiceOfNumberNeedsPrivilege,
        {
            .says = "clone3 with set_tid fails with EPERM without CAP_SYS_ADMIN and "
                    "CAP_CHECKPOINT_RESTORE, and with EINVAL for pid 0 and for pid_max.",
            .item = "309",
            .authority = "clone3(2) set_tid; kernel/pid.c alloc_pid()",
            .since = "5.5",
        }) {
  SKIP_WITHOUT_CHOICE_OF_NUMBERS();
  const pid_t number = FreeNumber();
  EXPECT_ERRNO(CloneAsError(0), EINVAL);
  EXPECT_ERRNO(CloneAsError(PidMax()), EINVAL);
  const ChildChecks checks(2);
  ScopedChild plain = Fork([&] {
    CHILD_EXPECT_TRUE(checks, DropCapabilities());
    CHILD_EXPECT_ERRNO(checks, CloneAsError(number), EPERM);
  });
  EXPECT_EQ(plain.Reap(), 0);
}

}  // namespace
}  // namespace procmark::conformance
