// Limits of a user and of a process: RLIMIT_NPROC, RLIMIT_CPU, and what usage counts.
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "conformance/vocabulary/burn_cpu.h"
#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/test_deadline.h"

namespace procmark::conformance {
namespace {

// Becomes a user that runs nothing else on the whole machine (RLIMIT_NPROC counts by user), with a
// limit of `most` processes; 0 leaves the limit as it is.
bool BecomeLimitedUser(rlim_t most) {
  uid_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != static_cast<ssize_t>(sizeof random)) return false;
  const uid_t uid = 0x20000000U + random % 0x10000000U;
  const rlimit limit{most, most};
  if (::setresuid(uid, uid, uid) != 0) return false;
  return most == 0 || ::setrlimit(RLIMIT_NPROC, &limit) == 0;
}

#define SKIP_WITHOUT_ROOT() \
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become a user that runs nothing else"

// Forks a child that sleeps until `end`. The errno, or 0.
int ForkSleeperError(const Handshake& end) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(end.Await() ? 0 : 1);
  return pid < 0 ? errno : 0;
}

PROMISE(Limit, ProcessesOfAUserAreCountedExactly,
        {.says = "With RLIMIT_NPROC at 5 a user has exactly five processes: the fork of the sixth "
                 "is EAGAIN.",
         .item = "313",
         .authority = "getrlimit(2) RLIMIT_NPROC; kernel/fork.c copy_process() "
                      "is_rlimit_overlimit()"}) {
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
  EXPECT_EQ(user.Reap(), 0) << "exit status 10 to 15: the step that failed, see the source";
}

PROMISE(Limit, ThreadsCountAsProcesses,
        {.says = "Threads count against RLIMIT_NPROC as processes do.",
         .item = "314",
         .authority = "getrlimit(2) RLIMIT_NPROC"}) {
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
  EXPECT_EQ(user.Reap(), 0) << "exit status 10 or 11: the step that failed, see the source";
}

PROMISE(Limit, PrivilegedUserMayExceedIt,
        {.says = "RLIMIT_NPROC does not hold for a process with CAP_SYS_RESOURCE or "
                 "CAP_SYS_ADMIN.",
         .item = "313",
         .authority = "getrlimit(2) RLIMIT_NPROC, capabilities(7)"}) {
  SKIP_WITHOUT_ROOT();
  ScopedChild user = Fork([] {
    // The real user decides the count, the effective one the privilege.
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
  EXPECT_EQ(user.Reap(), 0) << "exit status 10 or 11: the step that failed, see the source";
}

HELPER(DoNothing) { return 0; }

// Exactly one over is not enough since 5.14: setuid compares before it counts its caller.
PROMISE(
    Limit, SetuidOverTheLimitFailsAtExec,
    {.says =
         "setuid to a user who is over RLIMIT_NPROC already succeeds; the execve that follows is "
         "EAGAIN.",
     .item = "315",
     .authority = "execve(2) EAGAIN, setuid(2) NOTES; kernel/sys.c flag_nproc_exceeded()",
     .since = "3.1"}) {
  SKIP_WITHOUT_ROOT();
  uid_t random = 0;
  ASSERT_EQ(::getrandom(&random, sizeof random, 0), static_cast<ssize_t>(sizeof random));
  const uid_t uid = 0x30000000U + random % 0x10000000U;
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
    (void)ExecHelper("DoNothing", {});
    return errno == EAGAIN ? 12 : 13;
  };
  EXPECT_EQ(Fork([&] { return become_and_exec(1); }).Reap(), 12 << 8);
  EXPECT_EQ(Fork([&] { return become_and_exec(3); }).Reap(), 0) << "the decoy: within the limit";
  end.Notify();
  end.Notify();
  EXPECT_EQ(first.Reap(), 0);
  EXPECT_EQ(second.Reap(), 0);
}

constexpr int kLimitIgnored = 3;
constexpr int kStarved = 4;

// Uses CPU until the limit of one second ends the process. A status tells when it did not, and when
// the machine was too busy to give that second before the test's deadline.
int SpinToTheLimit() {
  constexpr time_t kMostSeconds = 4;
  timespec used{};
  do {
    if (TestDeadline().Expired()) return kStarved;
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  } while (used.tv_sec < kMostSeconds);
  return kLimitIgnored;
}

int StatusUnderCpuLimit(rlim_t soft, rlim_t hard, int ignored) {
  ScopedChild child = Fork([&] {
    const rlimit none{0, 0};
    const rlimit limit{soft, hard};
    (void)::setrlimit(RLIMIT_CORE, &none);
    if (ignored != 0) (void)::signal(ignored, SIG_IGN);
    return ::setrlimit(RLIMIT_CPU, &limit) == 0 ? SpinToTheLimit() : 2;
  });
  return child.Reap();
}

#define SKIP_WHEN_STARVED(status) \
  if ((status) == kStarved << 8)  \
  GTEST_SKIP() << "this machine was too busy to give one second of CPU time before the deadline"

PROMISE(Limit, SoftCpuLimitSendsXcpu,
        {.says = "At the soft RLIMIT_CPU the process gets SIGXCPU, which ends it.",
         .item = "365",
         .authority = "getrlimit(2) RLIMIT_CPU; kernel/time/posix-cpu-timers.c"}) {
  const int status = StatusUnderCpuLimit(1, RLIM_INFINITY, 0);
  SKIP_WHEN_STARVED(status);
  EXPECT_EQ(status, SIGXCPU);
}

PROMISE(Limit, HardCpuLimitKills,
        {.says = "At the hard RLIMIT_CPU the process is killed by SIGKILL, even if it ignores "
                 "SIGXCPU.",
         .item = "365",
         .authority = "getrlimit(2) RLIMIT_CPU; kernel/time/posix-cpu-timers.c"}) {
  const int status = StatusUnderCpuLimit(1, 1, SIGXCPU);
  SKIP_WHEN_STARVED(status);
  EXPECT_EQ(status, SIGKILL);
}

// A child's work: it fills `bytes` of memory.
int Fill(size_t bytes) {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  std::memset(memory, 1, bytes);
  return 0;
}

long LargestOfChildrenKib() {
  rusage usage{};
  EXPECT_EQ(::getrusage(RUSAGE_CHILDREN, &usage), 0);
  return usage.ru_maxrss;
}

PROMISE(Limit, LargestResidentSetIsAMaximum,
        {.says = "ru_maxrss of RUSAGE_CHILDREN is the largest among the children that were waited "
                 "for and theirs, not a sum.",
         .item = "366",
         .authority = "getrusage(2) ru_maxrss"}) {
  // Compared with what each wait says: on a machine that is short of memory a child may never have
  // had all of its pages at once. The counts of a living process lag by some pages for each CPU.
  constexpr size_t kMib = 1024 * 1024;
  constexpr long kLagKib = 4 * 1024;
  const Shared<std::atomic<long>> grandchild_kib;
  ScopedChild small = Fork([] { return Fill(8 * kMib); });
  const Waited first = Wait4(small.Number(), 0);
  EXPECT_EQ(first.status, 0);
  EXPECT_EQ(LargestOfChildrenKib(), first.usage.ru_maxrss);
  ScopedChild child = Fork([&] {
    return Fork([&] {
             if (Fill(32 * kMib) != 0) return 1;
             rusage own{};
             (void)::getrusage(RUSAGE_SELF, &own);
             grandchild_kib->store(own.ru_maxrss);
             return 0;
           }).Reap() >>
           8;
  });
  (void)child.AwaitZombie();
  EXPECT_EQ(LargestOfChildrenKib(), first.usage.ru_maxrss) << "not before the wait";
  const Waited second = Wait4(child.Number(), 0);
  EXPECT_EQ(second.status, 0);
  EXPECT_GE(second.usage.ru_maxrss, grandchild_kib->load() - kLagKib) << "the child's own children";
  EXPECT_EQ(LargestOfChildrenKib(), std::max(first.usage.ru_maxrss, second.usage.ru_maxrss));
  ScopedChild large = Fork([] { return Fill(32 * kMib); });
  const Waited third = Wait4(large.Number(), 0);
  EXPECT_EQ(third.status, 0);
  EXPECT_EQ(LargestOfChildrenKib(),
            std::max({first.usage.ru_maxrss, second.usage.ru_maxrss, third.usage.ru_maxrss}));
}

// CPU time of all children that were waited for, in milliseconds.
long ChildrenCpuMs() {
  rusage usage{};
  EXPECT_EQ(::getrusage(RUSAGE_CHILDREN, &usage), 0);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

PROMISE(Usage, AutoReapedChildrenNeverCount,
        {.says = "Children that are reaped by themselves (SIGCHLD ignored) never enter "
                 "RUSAGE_CHILDREN, not even when wait was called for them.",
         .item = "225",
         .authority = "getrusage(2), wait(2) NOTES; kernel/exit.c wait_task_zombie()"}) {
  constexpr long kBurnMs = 50;
  ASSERT_NE(::signal(SIGCHLD, SIG_IGN), SIG_ERR);
  const ScopedChild ignored = Fork([] { BurnCpu(kBurnMs); });
  EXPECT_EQ(Wait4(-1, 0).error, ECHILD);
  EXPECT_EQ(ChildrenCpuMs(), 0);
  ASSERT_NE(::signal(SIGCHLD, SIG_DFL), SIG_ERR);
  EXPECT_EQ(Fork([] { BurnCpu(kBurnMs); }).Reap(), 0);
  EXPECT_GE(ChildrenCpuMs(), kBurnMs) << "the decoy: a child that was reaped by wait";
}

PROMISE(Limit, ProcessesAreCountedPerUserNamespace,
        {.says = "RLIMIT_NPROC counts the user's processes of the caller's user namespace, not "
                 "those outside it.",
         .item = "316",
         .authority = "getrlimit(2) RLIMIT_NPROC; kernel/ucount.c is_rlimit_overlimit()",
         .since = "5.14",
         .kind = Kind::kVersion}) {
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
  EXPECT_EQ(status, 0) << "10 to 13: the step that failed, see the source; 90: the first fork";
}

}  // namespace
}  // namespace procmark::conformance
