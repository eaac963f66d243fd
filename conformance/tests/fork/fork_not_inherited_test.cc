// SPDX-License-Identifier: MIT
// What a child does not inherit from the process that forked it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/descriptors.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/signals.h"
#include "conformance/vocabulary/syscall_result.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

PROMISE(ForkNotInherited, PendingSignals,
        {
            .says = "Pending signals of the thread and of the process stay with the parent, and "
                    "the child starts with none.",
            .item = "28 269",
            .authority = "fork(2); kernel/fork.c copy_process() init_sigpending()",
        }) {
  const sigset_t blocked = SetOf({SIGUSR1, SIGUSR2});
  ASSERT_SYSCALL_SUCCEEDS(::sigprocmask(SIG_BLOCK, &blocked, nullptr));
  ASSERT_SYSCALL_SUCCEEDS(::raise(SIGUSR1));  // pending for the thread
  ASSERT_SYSCALL_SUCCEEDS(SignalProcess(::getpid(), SIGUSR2));
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    sigset_t pending;
    (void)::sigpending(&pending);
    CHILD_EXPECT_EQ(checks, ::sigismember(&pending, SIGUSR1), 0);
    CHILD_EXPECT_EQ(checks, ::sigismember(&pending, SIGUSR2), 0);
  });
  ASSERT_EQ(child.Reap(), 0);
  sigset_t pending;
  ASSERT_SYSCALL_SUCCEEDS(::sigpending(&pending));
  EXPECT_EQ(::sigismember(&pending, SIGUSR1), 1);
  EXPECT_EQ(::sigismember(&pending, SIGUSR2), 1);
}

PROMISE(ForkNotInherited, DeathSignal,
        {
            .says = "fork clears PR_SET_PDEATHSIG in the child.",
            .item = "36",
            .authority = "PR_SET_PDEATHSIG(2const); kernel/fork.c copy_process()",
        }) {
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_PDEATHSIG, SIGUSR1));
  const ChildChecks checks(1);
  ScopedChild child = Fork([&] {
    int signal = -1;
    (void)::prctl(PR_GET_PDEATHSIG, &signal);
    CHILD_EXPECT_EQ(checks, signal, 0);
  });
  ASSERT_EQ(child.Reap(), 0);
  int signal = -1;
  ASSERT_EQ(::prctl(PR_GET_PDEATHSIG, &signal), 0);
  EXPECT_EQ(signal, SIGUSR1) << "the parent keeps its own";
}

PROMISE(ForkNotInherited, SubreaperAttribute,
        {
            .says = "fork does not copy PR_SET_CHILD_SUBREAPER to the child.",
            .item = "38",
            .authority = "PR_SET_CHILD_SUBREAPER(2const); kernel/fork.c copy_signal()",
            .since = "3.4",
        }) {
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_CHILD_SUBREAPER, 1));
  const ChildChecks checks(1);
  ScopedChild child = Fork([&] {
    int subreaper = -1;
    (void)::prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
    CHILD_EXPECT_EQ(checks, subreaper, 0);
  });
  ASSERT_EQ(child.Reap(), 0);
  int subreaper = -1;
  ASSERT_EQ(::prctl(PR_GET_CHILD_SUBREAPER, &subreaper), 0);
  EXPECT_EQ(subreaper, 1);
}

// The head of the caller's robust futex list, as the kernel knows it; 1 when it cannot be read.
uintptr_t RobustHead() {
  uintptr_t head = 1;
  size_t size = 0;
  return ::syscall(SYS_get_robust_list, 0, &head, &size) == 0 ? head : uintptr_t{1};
}

PROMISE(ForkNotInherited, RobustList,
        {
            .says = "After a raw clone the child's list of robust futexes is empty, even if its "
                    "parent registered one.",
            .item = "48",
            .authority = "get_robust_list(2); kernel/fork.c copy_process() futex_init_task()",
            .kind = Kind::kLinux,
        }) {
  struct {
    void* next;
    long offset;
    void* pending;
  } head{&head, 0, nullptr};
  ASSERT_SYSCALL_SUCCEEDS(::syscall(SYS_set_robust_list, &head, sizeof head));
  ASSERT_EQ(RobustHead(), reinterpret_cast<uintptr_t>(&head));
  const ChildChecks checks(1);
  const CloneArguments arguments{.exit_signal = SIGCHLD};
  ScopedChild child = Clone(arguments, [&] { CHILD_EXPECT_EQ(checks, RobustHead(), 0); });
  EXPECT_EQ(child.Reap(), 0);
}

// Clones a child that ends while another process still uses its memory, because only then does the
// kernel write the word. The value of the word after that. With `own` the child registers the word
// itself.
int WordAfterChildsEnd(bool own) {
  const Shared<std::atomic<int>> word;
  word->store(4711);
  (void)::syscall(SYS_set_tid_address, &*word);
  const Handshake release;
  const CloneArguments arguments{.exit_signal = SIGCHLD};
  ScopedChild child = Clone(arguments, [&]() -> int {
    if (own) (void)::syscall(SYS_set_tid_address, &*word);
    const ScopedChild sharer = CloneSharingMemory(SIGCHLD, [&] { return release.Await() ? 0 : 1; });
    ::_exit(0);  // leaves the sharer to the test
  });
  EXPECT_EQ(child.Reap(), 0);
  const int value = word->load();
  release.Notify();
  EXPECT_EQ(Wait4(-1, __WALL).status, 0);
  static int elsewhere;
  (void)::syscall(SYS_set_tid_address, &elsewhere);
  return value;
}

PROMISE(ForkNotInherited, ClearTidWord,
        {
            .says = "The child does not inherit the address of set_tid_address, so that the kernel "
                    "writes nothing there when the child ends.",
            .item = "49",
            .authority = "set_tid_address(2); kernel/fork.c copy_process()",
        }) {
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_CHILD_SUBREAPER, 1));
  EXPECT_EQ(WordAfterChildsEnd(false), 4711);
  EXPECT_EQ(WordAfterChildsEnd(true), 0) << "the control: a child that registered the word itself";
}

PROMISE(ForkNotInherited, AioContexts,
        {
            .says = "The child does not inherit asynchronous I/O contexts, so that using one fails "
                    "with EINVAL.",
            .item = "50",
            .authority = "fork(2), io_setup(2); POSIX.1 fork",
        }) {
  aio_context_t context = 0;
  if (::syscall(SYS_io_setup, 4, &context) != 0) {
    GTEST_SKIP() << "io_setup does not work here: " << ErrnoText(errno);
  }
  timespec none{};
  io_event event{};
  const ChildChecks checks(1);
  ScopedChild child = Fork([&] {
    const long got = ::syscall(SYS_io_getevents, context, 0, 1, &event, &none);
    CHILD_EXPECT_SYSCALL_FAILS(checks, got, EINVAL);
  });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(::syscall(SYS_io_getevents, context, 0, 1, &event, &none), 0)
      << "the parent's context works";
  EXPECT_SYSCALL_SUCCEEDS(::syscall(SYS_io_destroy, context));
}

PROMISE(ForkNotInherited, Timers,
        {
            .says = "The child does not inherit interval timers, alarms and POSIX timers.",
            .item = "29 30 368",
            .authority = "fork(2); POSIX.1 fork; kernel/fork.c copy_signal()",
        }) {
  const itimerval hour{{0, 0}, {3600, 0}};
  for (const auto which : {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF}) {
    ASSERT_SYSCALL_SUCCEEDS(::setitimer(which, &hour, nullptr));
  }
  int timer = -1;
  ASSERT_SYSCALL_SUCCEEDS(::syscall(SYS_timer_create, CLOCK_MONOTONIC, nullptr, &timer));
  const ChildChecks checks(4);
  ScopedChild child = Fork([&] {
    itimerval left{};
    for (const auto which : {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF}) {
      (void)::getitimer(which, &left);
      CHILD_EXPECT_EQ(checks, left.it_value.tv_sec + left.it_value.tv_usec, 0);
    }
    const long result = ::syscall(SYS_timer_delete, timer);
    CHILD_EXPECT_SYSCALL_FAILS(checks, result, EINVAL);
  });
  ASSERT_EQ(child.Reap(), 0);
  itimerval left{};
  ASSERT_SYSCALL_SUCCEEDS(::getitimer(ITIMER_REAL, &left));
  EXPECT_GT(left.it_value.tv_sec, 0);
  EXPECT_SYSCALL_SUCCEEDS(::syscall(SYS_timer_delete, timer)) << "the parent still has its timer";
}

PROMISE(ForkNotInherited, RecordLocks,
        {
            .says = "The child does not inherit fcntl record locks: it sees its parent as their "
                    "owner, and its end does not release them.",
            .item = "32",
            .authority = "fcntl(2), fork(2)",
        }) {
  const sys::Fd file = MemoryFile();
  struct flock lock {};
  lock.l_type = F_WRLCK;
  ASSERT_SYSCALL_SUCCEEDS(::fcntl(file.Get(), F_SETLK, &lock));
  const pid_t test = ::getpid();
  const ChildChecks checks(4);
  for (int child_number = 0; child_number < 2; ++child_number) {
    ScopedChild child = Fork([&] {
      struct flock seen {};
      seen.l_type = F_WRLCK;
      (void)::fcntl(file.Get(), F_GETLK, &seen);
      CHILD_EXPECT_EQ(checks, seen.l_type, F_WRLCK);
      CHILD_EXPECT_EQ(checks, seen.l_pid, test);
    });
    ASSERT_EQ(child.Reap(), 0);
  }
}

PROMISE(ForkNotInherited, SemaphoreUndo,
        {
            .says = "The child does not inherit SysV undo values, so that its exit undoes nothing.",
            .item = "34",
            .authority = "semop(2), fork(2); kernel/fork.c copy_semundo()",
        }) {
  const int id = ::semget(IPC_PRIVATE, 1, 0600);
  if (id < 0 && errno == ENOSYS) GTEST_SKIP() << "this kernel has no SysV semaphores";
  ASSERT_GE(id, 0);
  sembuf add{0, 5, SEM_UNDO};
  const int added = ::semop(id, &add, 1);
  ScopedChild child = Fork([] { return 0; });
  EXPECT_EQ(child.Reap(), 0);
  const int value = ::semctl(id, 0, GETVAL);
  EXPECT_SYSCALL_SUCCEEDS(::semctl(id, 0, IPC_RMID));
  ASSERT_EQ(added, 0);
  EXPECT_EQ(value, 5);
}

}  // namespace
}  // namespace procmark::conformance
