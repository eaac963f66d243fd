// SPDX-License-Identifier: MIT
// RLIMIT_NPROC: how many processes a user may have.
#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/users.h"

namespace procmark::conformance {
namespace {

// Becomes a user who runs nothing else on the machine, because RLIMIT_NPROC counts by user, with a
// limit of `most` processes; 0 keeps the limit.
bool BecomeLimitedUser(rlim_t most) {
  const uid_t uid = UnusedUid();
  const rlimit limit{most, most};
  if (::setresuid(uid, uid, uid) != 0) return false;
  return most == 0 || ::setrlimit(RLIMIT_NPROC, &limit) == 0;
}

#define SKIP_WITHOUT_ROOT() \
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become a user who runs nothing else"

// Forks a child that sleeps until `end`. The errno, or 0.
int ForkSleeperError(const Handshake& end) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(end.Await() ? 0 : 1);
  return pid < 0 ? errno : 0;
}

PROMISE(ProcessLimit, ProcessesOfAUserAreCountedExactly,
        {
            .says = "With RLIMIT_NPROC at 5 a user can have exactly five processes, and the fork "
                    "of the sixth fails with EAGAIN.",
            .item = "313",
            .authority = "getrlimit(2) RLIMIT_NPROC; kernel/fork.c copy_process() "
                         "is_rlimit_overlimit()",
        }) {
  SKIP_WITHOUT_ROOT();
  ScopedChild user = Fork([] {
    if (!BecomeLimitedUser(5)) return 10;
    const Handshake end;
    for (int children = 1; children <= 4; ++children) {
      if (ForkSleeperError(end) != 0) return 10 + children;
    }
    if (ForkSleeperError(end) != EAGAIN) return 15;
    for (int children = 1; children <= 4; ++children) end.Notify();
    while (Wait4(-1, 0).pid > 0) {
    }
    return 0;
  });
  EXPECT_EQ(user.Reap(), 0) << "exit status 10 to 15: the number of the step that failed";
}

PROMISE(ProcessLimit, ThreadsCountAsProcesses,
        {
            .says = "Threads count against RLIMIT_NPROC as processes do.",
            .item = "314",
            .authority = "getrlimit(2) RLIMIT_NPROC",
        }) {
  SKIP_WITHOUT_ROOT();
  ScopedChild user = Fork([] {
    if (!BecomeLimitedUser(2)) return 10;
    const Handshake end;
    const JoinedThread second([&] { (void)end.Await(); });
    const int error = ForkSleeperError(end);
    pthread_t third{};
    const auto nothing = [](void*) -> void* { return nullptr; };
    const int thread_error = ::pthread_create(&third, nullptr, nothing, nullptr);
    if (error != EAGAIN) end.Notify();
    end.Notify();
    if (thread_error == 0) ::pthread_join(third, nullptr);
    return error == EAGAIN && thread_error == EAGAIN ? 0 : 11;
  });
  EXPECT_EQ(user.Reap(), 0) << "exit status 10 or 11: the number of the step that failed";
}

PROMISE(ProcessLimit, ZombieCountsUntilReaped,
        {
            .says = "A zombie counts against RLIMIT_NPROC until it is reaped.",
            .item = "211 313",
            .authority = "getrlimit(2); kernel/exit.c release_task()",
        }) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become a user who runs nothing else";
  const uid_t nobody_else = UnusedUid();
  ScopedChild user = Fork([nobody_else] {
    const rlimit two{2, 2};
    if (::setresuid(nobody_else, nobody_else, nobody_else) != 0) return 10;
    if (::setrlimit(RLIMIT_NPROC, &two) != 0) return 11;
    const pid_t first = ::fork();
    if (first == 0) ::_exit(0);
    if (first < 0) return 12;
    if (WaitId(P_PID, first, WEXITED | WNOWAIT).result != 0) return 13;
    const pid_t refused = ::fork();
    if (refused == 0) ::_exit(0);
    if (refused > 0 || errno != EAGAIN) return 14;  // the kernel did not count the zombie
    if (Wait4(first, 0).pid != first) return 15;
    const pid_t allowed = ::fork();
    if (allowed == 0) ::_exit(0);
    if (allowed < 0) return 16;  // the kernel still counts it after the reap
    return Wait4(allowed, 0).pid == allowed ? 0 : 17;
  });
  EXPECT_EQ(user.Reap(), 0) << "exit status 10 to 17: the number of the step that failed";
}

PROMISE(ProcessLimit, PrivilegedUserMayExceedIt,
        {
            .says = "RLIMIT_NPROC does not limit a process with CAP_SYS_RESOURCE or CAP_SYS_ADMIN.",
            .item = "313",
            .authority = "getrlimit(2) RLIMIT_NPROC, capabilities(7)",
        }) {
  SKIP_WITHOUT_ROOT();
  ScopedChild user = Fork([] {
    // The kernel counts by the real user and takes the privilege of the effective one.
    const rlimit one{1, 1};
    if (::setresuid(0x20000001U, 0, 0) != 0 || ::setrlimit(RLIMIT_NPROC, &one) != 0) return 10;
    const Handshake end;
    if (ForkSleeperError(end) != 0 || ForkSleeperError(end) != 0) return 11;
    end.Notify();
    end.Notify();
    while (Wait4(-1, 0).pid > 0) {
    }
    return 0;
  });
  EXPECT_EQ(user.Reap(), 0) << "exit status 10 or 11: the number of the step that failed";
}

// Since 5.14 the user must be over the limit before the setuid: it compares before it counts its
// caller.
PROMISE(ProcessLimit, SetuidOverTheLimitFailsAtExec,
        {
            .says = "setuid to a user who is already over RLIMIT_NPROC succeeds, and the execve "
                    "that follows fails with EAGAIN.",
            .item = "315",
            .authority = "execve(2) EAGAIN, setuid(2) NOTES; kernel/sys.c flag_nproc_exceeded()",
            .since = "3.1",
        }) {
  SKIP_WITHOUT_ROOT();
  const uid_t uid = UnusedUid();
  const Handshake ready;
  const Handshake end;
  const auto live = [&] {
    if (::setresuid(uid, uid, uid) != 0) return 1;
    ready.Notify();
    return end.Await() ? 0 : 2;
  };
  ScopedChild first = Fork(live);
  ScopedChild second = Fork(live);
  ASSERT_TRUE(ready.Await() && ready.Await());
  const auto become_and_exec = [uid](rlim_t most) {
    const rlimit limit{most, most};
    if (::setrlimit(RLIMIT_NPROC, &limit) != 0) return 10;
    if (::setresuid(uid, uid, uid) != 0) return 11;
    (void)ExecHelper(kExitWith, {"0"});
    return errno == EAGAIN ? 12 : 13;
  };
  EXPECT_EQ(Fork([&] { return become_and_exec(1); }).Reap(), 12 << 8);
  EXPECT_EQ(Fork([&] { return become_and_exec(3); }).Reap(), 0) << "the control: within the limit";
  end.Notify();
  end.Notify();
  EXPECT_EQ(first.Reap(), 0);
  EXPECT_EQ(second.Reap(), 0);
}

PROMISE(ProcessLimit, ProcessesAreCountedPerUserNamespace,
        {
            .says = "RLIMIT_NPROC counts the user's processes in the caller's user namespace, and "
                    "not those outside it.",
            .item = "316",
            .authority = "getrlimit(2) RLIMIT_NPROC; kernel/ucount.c is_rlimit_overlimit()",
            .since = "5.14",
            .kind = Kind::kVersion,
        }) {
  SKIP_WITHOUT_ROOT();
  const Handshake end;
  ScopedChild user = Fork([&] {
    if (!BecomeLimitedUser(0)) return 10;
    for (int children = 0; children < 3; ++children) {
      if (ForkSleeperError(end) != 0) return 11;
    }
    ScopedChild inside = Fork([] {
      const rlimit two{2, 2};
      if (::unshare(CLONE_NEWUSER) != 0) return 91;
      if (::setrlimit(RLIMIT_NPROC, &two) != 0) return 12;
      const Handshake inner_end;
      if (ForkSleeperError(inner_end) != 0) return 90;
      const int beyond = ForkSleeperError(inner_end);
      inner_end.Notify();
      inner_end.Notify();
      while (Wait4(-1, 0).pid > 0) {
      }
      return beyond == EAGAIN ? 0 : 13;
    });
    const int status = inside.Reap() >> 8;
    for (int children = 0; children < 3; ++children) end.Notify();
    while (Wait4(-1, 0).pid > 0) {
    }
    return status;
  });
  const int status = user.Reap() >> 8;
  if (status == 91) GTEST_SKIP() << "an ordinary user may not make user namespaces here";
  EXPECT_EQ(status, 0) << "10 to 13: the number of the step that failed; 90: the first fork failed";
}

}  // namespace
}  // namespace procmark::conformance
