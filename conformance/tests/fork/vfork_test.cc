// SPDX-License-Identifier: MIT
// vfork(2) and CLONE_VFORK: when the parent runs again, and what the two processes share.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/test_deadline.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

PROMISE(Vfork, ParentWaitsForTheChildsExit,
        {
            .says = "The parent in vfork does not run before its child has ended, so that "
                    "everything the child wrote is there when vfork returns.",
            .item = "80",
            .authority = "vfork(2); kernel/fork.c wait_for_vfork_done()",
        }) {
  for (int round = 0; AnotherRound(round, 20); ++round) {
    const Handshake wrote;
    const pid_t pid = ::vfork();
    if (pid == 0) {
      // Yields, so that a parent that is not blocked runs now.
      for (int turn = 0; turn < 10; ++turn) (void)::syscall(SYS_sched_yield);
      wrote.Notify();
      ::_exit(0);
    }
    const bool there = wrote.TryAwait();
    ASSERT_GT(pid, 0);
    EXPECT_EQ(Wait4(pid, 0).pid, pid);
    EXPECT_TRUE(there) << "round " << round;
  }
}

PROMISE(Vfork, MemoryIsSharedDescriptorsAndActionsAreNot,
        {
            .says = "A vforked child shares its parent's memory, but not its descriptors, signal "
                    "handlers or working directory.",
            .item = "83 84",
            .authority = "vfork(2); kernel/fork.c (CLONE_VFORK | CLONE_VM)",
        }) {
  const Handshake pipe;
  ASSERT_SYSCALL_SUCCEEDS(::chdir("/"));
  ASSERT_NE(::signal(SIGUSR1, SIG_DFL), SIG_ERR);
  volatile int word = 1;
  const int descriptor = pipe.ReadFd();
  const pid_t pid = ::vfork();
  if (pid == 0) {
    word = 2;
    (void)::syscall(SYS_close, descriptor);
    (void)::signal(SIGUSR1, SIG_IGN);
    (void)!::chdir("/proc");
    ::_exit(0);
  }
  ASSERT_GT(pid, 0);
  EXPECT_EQ(Wait4(pid, 0).status, 0);
  EXPECT_EQ(word, 2);
  EXPECT_EQ(::fcntl(descriptor, F_GETFD), FD_CLOEXEC);
  struct sigaction action {};
  ASSERT_SYSCALL_SUCCEEDS(::sigaction(SIGUSR1, nullptr, &action));
  EXPECT_EQ(action.sa_handler, SIG_DFL);
  char folder[64] = "";
  ASSERT_NE(::getcwd(folder, sizeof folder), nullptr);
  EXPECT_STREQ(folder, "/");
}

PROMISE(Vfork, ChildIsAProcessOfItsOwn,
        {
            .says = "A vforked child has a pid of its own, and its caller as parent.",
            .item = "87",
            .authority = "vfork(2)",
        }) {
  const pid_t test = ::getpid();
  volatile pid_t own = 0;
  volatile pid_t parent = 0;
  const pid_t pid = ::vfork();
  if (pid == 0) {
    own = static_cast<pid_t>(::syscall(SYS_getpid));
    parent = static_cast<pid_t>(::syscall(SYS_getppid));
    ::_exit(0);
  }
  ASSERT_GT(pid, 0);
  EXPECT_EQ(Wait4(pid, 0).status, 0);
  EXPECT_EQ(own, pid);
  EXPECT_NE(own, test);
  EXPECT_EQ(parent, test);
}

HELPER(AwaitByte) {
  char byte = 0;
  return ::read(NumberAt(arguments, 0), &byte, 1) == 1 ? 23 : 1;
}

PROMISE(Vfork, SuccessfulExecReleasesTheParent,
        {
            .says = "A successful execve in the child lets the parent go on while the new program "
                    "runs.",
            .item = "81",
            .authority = "vfork(2); fs/exec.c exec_mmap() complete_vfork_done()",
        }) {
  const Handshake release;
  CloneArguments arguments;
  arguments.flags = CLONE_VFORK;  // without CLONE_VM, so that the child may allocate
  arguments.exit_signal = SIGCHLD;
  ScopedChild child = Clone(arguments, [&] {
    (void)sys::SetCloseOnExec(release.ReadFd(), false);
    return ExecHelper("AwaitByte", {std::to_string(release.ReadFd())});
  });
  // The test runs although the new program is blocked, which only the test can end.
  EXPECT_EQ(Wait4(child.Number(), WNOHANG).pid, 0);
  release.Notify();
  EXPECT_EQ(child.Reap(), 23 << 8);
}

PROMISE(Vfork, FailedExecDoesNotReleaseTheParent,
        {
            .says = "An execve that fails leaves the parent blocked until the child ends.",
            .item = "82",
            .authority = "vfork(2); fs/exec.c",
        }) {
  const Handshake after;
  volatile int error = 0;
  char name[] = "/nonexistent";
  char* const argv[] = {name, nullptr};
  char* const environment[] = {nullptr};
  const pid_t pid = ::vfork();
  if (pid == 0) {
    (void)::syscall(SYS_execve, name, argv, environment);
    error = errno;
    for (int turn = 0; turn < 10; ++turn) (void)::syscall(SYS_sched_yield);
    after.Notify();
    ::_exit(5);
  }
  const bool there = after.TryAwait();
  ASSERT_GT(pid, 0);
  EXPECT_EQ(Wait4(pid, 0).status, 5 << 8);
  EXPECT_TRUE(there);
  EXPECT_ERRNO(error, ENOENT);
}

PROMISE(Vfork, BlocksWithoutSharedMemoryToo,
        {
            .says = "CLONE_VFORK without CLONE_VM also blocks the caller, and shares no memory.",
            .item = "86",
            .authority = "clone(2) CLONE_VFORK; kernel/fork.c kernel_clone()",
        }) {
  volatile int word = 1;
  const Handshake wrote;
  const CloneArguments arguments{.flags = CLONE_VFORK, .exit_signal = SIGCHLD};
  ScopedChild child = Clone(arguments, [&] {
    for (int turn = 0; turn < 10; ++turn) (void)::sched_yield();
    word = 2;
    wrote.Notify();
  });
  EXPECT_TRUE(wrote.TryAwait());
  EXPECT_EQ(word, 1);
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(Vfork, SiblingThreadsGoOn,
        {
            .says = "While one thread waits in vfork, the other threads of the process run on.",
            .item = "85",
            .authority = "vfork(2)",
        }) {
  const Handshake blocked;
  const Handshake release;
  ScopedChild parent = Fork([&] {
    const JoinedThread sibling([&] {
      // Runs while the leader is blocked by a child that waits for this thread.
      if (blocked.Await() && AwaitState(::getpid(), "D")) release.Notify();
    });
    const pid_t pid = ::vfork();
    if (pid == 0) {
      blocked.Notify();
      ::_exit(release.Await() ? 5 : 6);
    }
    return pid > 0 ? Wait4(pid, 0).status >> 8 : 7;
  });
  EXPECT_EQ(parent.Reap(), 5 << 8);
}

}  // namespace
}  // namespace procmark::conformance
