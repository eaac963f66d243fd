// What fork(2) copies, shares and clears.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <ctime>
#include <string>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"

namespace procmark::conformance {
namespace {

void DoNothing(int) {}

// A file in memory; no file system is needed for it.
sys::Fd MemoryFile(size_t size) {
  sys::Fd file(static_cast<int>(::memfd_create("conformance", MFD_CLOEXEC)));
  if (!file.Valid()) ThrowErrno("memfd_create", errno);
  if (::ftruncate(file.Get(), static_cast<off_t>(size)) != 0) ThrowErrno("ftruncate", errno);
  return file;
}

PROMISE(
    Fork, ReturnsChildToParentAndZeroToChild,
    {.says = "fork returns the child's pid in the parent and 0 in the child, whose parent is the "
             "caller and whose pid is new.",
     .item = "22",
     .authority = "fork(2); POSIX.1 fork"}) {
  const ChildChecks checks(2);
  const pid_t test = ::getpid();
  const Shared<std::atomic<pid_t>> own;
  ScopedChild child = Fork([&] {
    own->store(::getpid());
    CHILD_EXPECT_EQ(checks, test, ::getppid());
    CHILD_EXPECT_EQ(checks, ::getpid(), OwnTid());
  });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_GT(child.Number(), 0);
  EXPECT_NE(child.Number(), test);
  EXPECT_EQ(own->load(), child.Number());
}

PROMISE(
    Fork, DescriptionsAreShared,
    {.says = "Open file descriptions are shared: an offset or status flag set by the child is the "
             "parent's too.",
     .item = "23",
     .authority = "fork(2); POSIX.1 fork"}) {
  const sys::Fd file = MemoryFile(100);
  const sys::Fd decoy = MemoryFile(100);
  ScopedChild child = Fork([&] {
    if (::lseek(file.Get(), 42, SEEK_SET) != 42) return 1;
    return ::fcntl(file.Get(), F_SETFL, O_APPEND) == 0 ? 0 : 2;
  });
  ASSERT_EQ(child.Reap(), 0);
  EXPECT_EQ(::lseek(file.Get(), 0, SEEK_CUR), 42);
  EXPECT_EQ(::fcntl(file.Get(), F_GETFL) & O_APPEND, O_APPEND);
  EXPECT_EQ(::lseek(decoy.Get(), 0, SEEK_CUR), 0);
}

PROMISE(
    Fork, DescriptorTableIsCopied,
    {.says =
         "The table of descriptors is a copy: what the child closes or opens stays as it was in "
         "the parent, and close-on-exec flags are copied.",
     .item = "24 25",
     .authority = "fork(2); kernel/fork.c copy_files()"}) {
  const sys::Fd marked = MemoryFile(1);
  const sys::Fd plain = MemoryFile(1);
  ASSERT_TRUE(sys::SetCloseOnExec(plain.Get(), false).Ok());
  const ChildChecks checks(2);
  const Shared<std::atomic<int>> opened;
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_EQ(checks, FD_CLOEXEC, ::fcntl(marked.Get(), F_GETFD));
    CHILD_EXPECT_EQ(checks, 0, ::fcntl(plain.Get(), F_GETFD));
    ::close(marked.Get());
    (void)sys::SetCloseOnExec(plain.Get(), true);
    opened->store(::fcntl(plain.Get(), F_DUPFD, 200));
  });
  ASSERT_EQ(child.Reap(), 0);
  EXPECT_EQ(::fcntl(marked.Get(), F_GETFD), FD_CLOEXEC) << "closed in the child only";
  EXPECT_EQ(::fcntl(plain.Get(), F_GETFD), 0);
  ASSERT_GE(opened->load(), 200);
  EXPECT_EQ(::fcntl(opened->load(), F_GETFD), -1) << "opened in the child only";
}

PROMISE(Fork, FolderAndUmaskAreCopied,
        {.says = "Working directory and umask are copied by fork and independent afterwards.",
         .item = "26",
         .authority = "fork(2); kernel/fork.c copy_fs()"}) {
  ASSERT_EQ(::chdir("/proc"), 0);
  (void)::umask(0123);
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    char folder[PATH_MAX] = "";
    CHILD_EXPECT_TRUE(checks,
                      ::getcwd(folder, sizeof folder) != nullptr && std::string(folder) == "/proc");
    CHILD_EXPECT_EQ(checks, 0123, ::umask(0777));
    return ::chdir("/");
  });
  ASSERT_EQ(child.Reap(), 0);
  char folder[PATH_MAX] = "";
  ASSERT_NE(::getcwd(folder, sizeof folder), nullptr);
  EXPECT_STREQ(folder, "/proc");
  EXPECT_EQ(::umask(0), 0123U);
}

PROMISE(
    Fork, SignalActionsAndMaskAreCopied,
    {.says = "Signal mask and dispositions are copied by fork; the child's changes are its own.",
     .item = "27",
     .authority = "fork(2); kernel/fork.c copy_sighand()"}) {
  sigset_t blocked;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGUSR2);
  ASSERT_EQ(::sigprocmask(SIG_BLOCK, &blocked, nullptr), 0);
  ASSERT_NE(::signal(SIGUSR1, DoNothing), SIG_ERR);
  ASSERT_NE(::signal(SIGHUP, SIG_IGN), SIG_ERR);
  const ChildChecks checks(5);
  ScopedChild child = Fork([&] {
    struct sigaction action {};
    (void)::sigaction(SIGUSR1, nullptr, &action);
    CHILD_EXPECT_TRUE(checks, action.sa_handler == DoNothing);
    (void)::sigaction(SIGHUP, nullptr, &action);
    CHILD_EXPECT_TRUE(checks, action.sa_handler == SIG_IGN);
    (void)::sigaction(SIGTERM, nullptr, &action);
    CHILD_EXPECT_TRUE(checks, action.sa_handler == SIG_DFL);
    sigset_t mask;
    (void)::sigprocmask(SIG_SETMASK, nullptr, &mask);
    CHILD_EXPECT_EQ(checks, 1, ::sigismember(&mask, SIGUSR2));
    CHILD_EXPECT_EQ(checks, 0, ::sigismember(&mask, SIGUSR1));
    (void)::signal(SIGUSR1, SIG_DFL);
    ::sigemptyset(&mask);
    (void)::sigprocmask(SIG_SETMASK, &mask, nullptr);
  });
  ASSERT_EQ(child.Reap(), 0);
  struct sigaction action {};
  ASSERT_EQ(::sigaction(SIGUSR1, nullptr, &action), 0);
  EXPECT_EQ(action.sa_handler, DoNothing);
  sigset_t mask;
  ASSERT_EQ(::sigprocmask(SIG_SETMASK, nullptr, &mask), 0);
  EXPECT_EQ(::sigismember(&mask, SIGUSR2), 1);
}

PROMISE(
    Fork, PendingSignalsAreNotInherited,
    {.says = "Pending signals, of the thread and of the process, stay with the parent; the child "
             "starts with none.",
     .item = "28 269",
     .authority = "fork(2); kernel/fork.c copy_process() init_sigpending()"}) {
  sigset_t blocked;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGUSR1);
  ::sigaddset(&blocked, SIGUSR2);
  ASSERT_EQ(::sigprocmask(SIG_BLOCK, &blocked, nullptr), 0);
  ASSERT_EQ(::raise(SIGUSR1), 0);  // of the thread
  ASSERT_TRUE(SignalProcess(::getpid(), SIGUSR2).Ok());
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    sigset_t pending;
    (void)::sigpending(&pending);
    CHILD_EXPECT_EQ(checks, 0, ::sigismember(&pending, SIGUSR1));
    CHILD_EXPECT_EQ(checks, 0, ::sigismember(&pending, SIGUSR2));
  });
  ASSERT_EQ(child.Reap(), 0);
  sigset_t pending;
  ASSERT_EQ(::sigpending(&pending), 0);
  EXPECT_EQ(::sigismember(&pending, SIGUSR1), 1);
  EXPECT_EQ(::sigismember(&pending, SIGUSR2), 1);
}

PROMISE(Fork, DeathSignalIsCleared,
        {.says = "PR_SET_PDEATHSIG is cleared in the child.",
         .item = "36",
         .authority = "PR_SET_PDEATHSIG(2const); kernel/fork.c copy_process()"}) {
  ASSERT_EQ(::prctl(PR_SET_PDEATHSIG, SIGUSR1), 0);
  const ChildChecks checks(1);
  ScopedChild child = Fork([&] {
    int signal = -1;
    (void)::prctl(PR_GET_PDEATHSIG, &signal);
    CHILD_EXPECT_EQ(checks, 0, signal);
  });
  ASSERT_EQ(child.Reap(), 0);
  int signal = -1;
  ASSERT_EQ(::prctl(PR_GET_PDEATHSIG, &signal), 0);
  EXPECT_EQ(signal, SIGUSR1) << "the parent keeps its own";
}

PROMISE(
    Fork, ProcessAttributesAreCopied,
    {.says =
         "no_new_privs, name, dumpable and timer slack are copied; the child's default slack is "
         "its parent's current one.",
     .item = "37",
     .authority = "PR_SET_NO_NEW_PRIVS(2const), PR_SET_NAME(2const), PR_SET_TIMERSLACK(2const)"}) {
  ASSERT_EQ(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(::prctl(PR_SET_NAME, "renamed"), 0);
  ASSERT_EQ(::prctl(PR_SET_TIMERSLACK, 123456UL), 0);
  ASSERT_EQ(::prctl(PR_SET_DUMPABLE, 0), 0);
  const ChildChecks checks(5);
  ScopedChild child = Fork([&] {
    char name[16] = "";
    (void)::prctl(PR_GET_NAME, name);
    CHILD_EXPECT_EQ(checks, 1, ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    CHILD_EXPECT_TRUE(checks, std::string(name) == "renamed");
    CHILD_EXPECT_EQ(checks, 123456, ::prctl(PR_GET_TIMERSLACK));
    CHILD_EXPECT_EQ(checks, 0, ::prctl(PR_GET_DUMPABLE));
    (void)::prctl(PR_SET_TIMERSLACK, 999UL);
    (void)::prctl(PR_SET_TIMERSLACK, 0UL);  // back to the default
    CHILD_EXPECT_EQ(checks, 123456, ::prctl(PR_GET_TIMERSLACK));
  });
  ASSERT_EQ(child.Reap(), 0);
}

PROMISE(Fork, SubreaperAttributeIsNotCopied,
        {.says = "The attribute PR_SET_CHILD_SUBREAPER is not copied to the child.",
         .item = "38",
         .authority = "PR_SET_CHILD_SUBREAPER(2const); kernel/fork.c copy_signal()",
         .since = "3.4"}) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  const ChildChecks checks(1);
  ScopedChild child = Fork([&] {
    int subreaper = -1;
    (void)::prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
    CHILD_EXPECT_EQ(checks, 0, subreaper);
  });
  ASSERT_EQ(child.Reap(), 0);
  int subreaper = -1;
  ASSERT_EQ(::prctl(PR_GET_CHILD_SUBREAPER, &subreaper), 0);
  EXPECT_EQ(subreaper, 1);
}

int64_t CpuTimeNs() {
  timespec used{};
  (void)::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;
}

PROMISE(Fork, CpuTimesStartAtZero,
        {.says = "times, rusage and the CPU clock of a child start at 0, whatever its parent used.",
         .item = "39 40 326",
         .authority = "fork(2), times(2), clock_getres(2); kernel/fork.c copy_process()"}) {
  constexpr int64_t kUsedNs = 60'000'000;
  while (CpuTimeNs() < kUsedNs) {
  }
  const ChildChecks checks(3);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_TRUE(checks, CpuTimeNs() < kUsedNs);
    tms spent{};
    (void)::times(&spent);
    CHILD_EXPECT_EQ(checks, 0, spent.tms_cutime + spent.tms_cstime);
    rusage children{};
    (void)::getrusage(RUSAGE_CHILDREN, &children);
    CHILD_EXPECT_EQ(checks, 0, children.ru_maxrss + children.ru_minflt);
  });
  ASSERT_EQ(child.Reap(), 0);
}

PROMISE(Fork, LimitsSessionAndPersonalityAreCopied,
        {.says = "Resource limits, session, process group, nice value and personality are copied.",
         .item = "44 45 46 56",
         .authority = "fork(2), getrlimit(2), personality(2)"}) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = 333;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  ASSERT_EQ(::setpriority(PRIO_PROCESS, 0, 3), 0);
  const int before = ::personality(0xffffffff);
  ASSERT_NE(::personality(static_cast<unsigned long>(before | ADDR_NO_RANDOMIZE)), -1);
  const pid_t session = ::getsid(0);
  const pid_t group = ::getpgrp();
  const ChildChecks checks(5);
  ScopedChild child = Fork([&] {
    rlimit copied{};
    (void)::getrlimit(RLIMIT_NOFILE, &copied);
    CHILD_EXPECT_EQ(checks, 333, copied.rlim_cur);
    CHILD_EXPECT_EQ(checks, session, ::getsid(0));
    CHILD_EXPECT_EQ(checks, group, ::getpgrp());
    CHILD_EXPECT_EQ(checks, 3, ::getpriority(PRIO_PROCESS, 0));
    CHILD_EXPECT_EQ(checks, before | ADDR_NO_RANDOMIZE, ::personality(0xffffffff));
  });
  ASSERT_EQ(child.Reap(), 0);
}

PROMISE(Fork, SignalStackIsCopied,
        {.says = "fork copies the alternate signal stack.",
         .item = "47",
         .authority = "sigaltstack(2); kernel/fork.c copy_process()"}) {
  static char memory[65536];
  const stack_t stack{.ss_sp = memory, .ss_flags = 0, .ss_size = sizeof memory};
  ASSERT_EQ(::sigaltstack(&stack, nullptr), 0);
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    stack_t seen{};
    (void)::sigaltstack(nullptr, &seen);
    CHILD_EXPECT_TRUE(checks, seen.ss_sp == memory);
    CHILD_EXPECT_EQ(checks, sizeof memory, seen.ss_size);
  });
  ASSERT_EQ(child.Reap(), 0);
}

PROMISE(
    Fork, FlagForkNoExec,
    {.says = "A forked task has PF_FORKNOEXEC (0x40) in field 9 of its stat, and its exit signal, "
             "field 38, is SIGCHLD.",
     .item = "53 55 376",
     .authority = "proc_pid_stat(5); kernel/fork.c copy_process()",
     .kind = Kind::kLinux}) {
  const ScopedChild zombie = Fork([] { return 0; });
  (void)zombie.AwaitZombie();
  const sys::ProcStat stat = Stat(zombie.Number());
  EXPECT_EQ(stat.Flags() & 0x40, 0x40);
  EXPECT_EQ(stat.ExitSignal(), SIGCHLD);
}

PROMISE(Fork, StartTimeIsNotBeforeTheParents,
        {.says = "A child's start time is not before its parent's, and stays the same through Z.",
         .item = "54 369",
         .authority = "proc_pid_stat(5); kernel/fork.c copy_process()"}) {
  const Handshake end;
  const ScopedChild child = Fork([&] { return end.Await() ? 0 : 1; });
  const int64_t start = Stat(child.Number()).StartTimeTicks();
  EXPECT_GE(start, Stat(::getpid()).StartTimeTicks());
  end.Notify();
  (void)child.AwaitZombie();
  EXPECT_EQ(Stat(child.Number()).StartTimeTicks(), start);
}

PROMISE(Fork, FailureLeavesNoChild,
        {.says = "A fork that fails sets errno and leaves no child: wait gives ECHILD.",
         .item = "57 319",
         .authority = "fork(2)"}) {
  CloneArguments impossible;
  impossible.flags = CLONE_SIGHAND;  // without CLONE_VM
  impossible.exit_signal = SIGCHLD;
  const pid_t pid = RawClone3(impossible);
  if (pid == 0) ::_exit(0);
  EXPECT_EQ(pid, -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(Wait4(-1, WNOHANG | __WALL).error, ECHILD);
}

}  // namespace
}  // namespace procmark::conformance
