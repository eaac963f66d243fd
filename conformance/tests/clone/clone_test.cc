// SPDX-License-Identifier: MIT
// The effect of single flags of clone(2) and clone3(2) on the child.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/clone_flags.h"
#include "conformance/vocabulary/clone_probe.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/memory.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/signals.h"
#include "conformance/vocabulary/syscall_result.h"

namespace procmark::conformance {
namespace {

PROMISE(Clone, ParentFlagMakesASibling,
        {
            .says = "CLONE_PARENT gives the child its caller's parent, which alone can wait for "
                    "it, and its caller's exit signal.",
            .item = "107",
            .authority = "clone(2) CLONE_PARENT; kernel/fork.c copy_process()",
        }) {
  const Shared<std::atomic<pid_t>> sibling;
  const ChildChecks checks(2);
  const pid_t test = ::getpid();
  ScopedChild caller = Fork([&] {
    const CloneArguments arguments{.flags = CLONE_PARENT};
    const pid_t pid = RawClone3(arguments);
    if (pid == 0) {
      CHILD_EXPECT_EQ(checks, ::getppid(), test);
      ::_exit(6);
    }
    sibling->store(pid);
    CHILD_EXPECT_SYSCALL_FAILS(checks, Wait4(pid, __WALL), ECHILD);
    return pid > 0 ? 0 : 1;
  });
  EXPECT_EQ(caller.Reap(), 0);
  ASSERT_GT(sibling->load(), 0);
  EXPECT_EQ(Wait4(sibling->load(), 0).status, 6 << 8)
      << "a plain wait finds it: its exit signal is SIGCHLD";
}

PROMISE(Clone, TidWordsAreWrittenInTime,
        {
            .says = "CLONE_PARENT_SETTID writes the child's tid before clone returns, and "
                    "CLONE_CHILD_SETTID writes it in the child's memory before the child runs.",
            .item = "108",
            .authority = "clone(2); kernel/fork.c kernel_clone(), kernel/sched/core.c "
                         "schedule_tail()",
        }) {
  volatile pid_t in_parent = -1;
  volatile pid_t in_child = -1;
  const ChildChecks checks(1);
  CloneArguments arguments{.flags = CLONE_PARENT_SETTID | CLONE_CHILD_SETTID,
                           .exit_signal = SIGCHLD};
  arguments.parent_tid = reinterpret_cast<uint64_t>(&in_parent);
  arguments.child_tid = reinterpret_cast<uint64_t>(&in_child);
  ScopedChild child = Clone(arguments, [&] { CHILD_EXPECT_EQ(checks, in_child, OwnTid()); });
  EXPECT_EQ(in_parent, child.Number());
  EXPECT_EQ(in_child, -1) << "the child's memory is its own";
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(Clone, UnwritableTidWordsAreIgnored,
        {
            .says = "CLONE_PARENT_SETTID and CLONE_CHILD_SETTID with unmapped pointers do not fail "
                    "and make a child.",
            .item = "134 108",
            .authority = "kernel/fork.c kernel_clone(), kernel/sched/core.c schedule_tail() (they "
                         "ignore the result of put_user)",
            .kind = Kind::kLinux,
        }) {
  for (const uint64_t flag : {uint64_t{CLONE_PARENT_SETTID}, uint64_t{CLONE_CHILD_SETTID}}) {
    CloneArguments arguments = PlainArguments();
    arguments.flags = flag;
    arguments.parent_tid = 8;
    arguments.child_tid = 8;
    ScopedChild child = Clone(arguments, [] { return 26; });
    EXPECT_EQ(child.Reap(), 26 << 8);
  }
}

PROMISE(Clone, ClearTidNeedsAnotherUserOfTheMemory,
        {
            .says = "CLONE_CHILD_CLEARTID zeroes the word at exit when the memory has another "
                    "user, and leaves it when it has none, even in shared memory.",
            .item = "109 110",
            .authority = "set_tid_address(2); kernel/fork.c mm_release()",
            .kind = Kind::kLinux,
        }) {
  const Shared<std::atomic<int>> alone;
  alone->store(77);
  CloneArguments arguments{.flags = CLONE_CHILD_CLEARTID, .exit_signal = SIGCHLD};
  arguments.child_tid = reinterpret_cast<uint64_t>(&*alone);
  ScopedChild own_memory = Clone(arguments, [] { return 0; });
  EXPECT_EQ(own_memory.Reap(), 0);
  EXPECT_EQ(alone->load(), 77);
  // set_tid_address in a child that shares the memory is another way to ask for
  // CLONE_CHILD_CLEARTID.
  std::atomic<int> word = 77;
  ScopedChild sharer = CloneSharingMemory(SIGCHLD, [&word] {
    (void)::syscall(SYS_set_tid_address, &word);
    return 0;
  });
  (void)sharer.AwaitZombie();
  EXPECT_EQ(word.load(), 0);
  EXPECT_EQ(sharer.Reap(), 0);
}

PROMISE(Clone, ClearTidFlagWorksForASharer,
        {
            .says = "CLONE_CHILD_CLEARTID zeroes the word at the end of a child that shares the "
                    "memory, and the word stays without the flag.",
            .item = "109",
            .authority = "clone(2) CLONE_CHILD_CLEARTID; kernel/fork.c mm_release()",
        }) {
  const auto body = [](void*) { return 0; };
  for (const bool with_flag : {false, true}) {
    const StackMemory stack;
    std::atomic<int> word = 77;
    const int flags = CLONE_VM | SIGCHLD | (with_flag ? CLONE_CHILD_CLEARTID : 0);
    const pid_t pid = ::clone(body, stack.Top(), flags, nullptr, nullptr, nullptr, &word);
    ASSERT_GT(pid, 0) << ErrnoText(errno);
    ASSERT_EQ(::waitpid(pid, nullptr, 0), pid);
    EXPECT_EQ(word.load(), with_flag ? 0 : 77);
  }
}

PROMISE(Clone, ClearSighandResetsHandlersOnly,
        {
            .says = "CLONE_CLEAR_SIGHAND sets caught signals to their default and keeps ignored "
                    "ones ignored, and fails with EINVAL together with CLONE_SIGHAND.",
            .item = "128 136",
            .authority = "clone3(2) CLONE_CLEAR_SIGHAND; kernel/fork.c copy_sighand()",
            .since = "5.5",
        }) {
  ASSERT_NE(::signal(SIGUSR1, DoNothing), SIG_ERR);
  ASSERT_NE(::signal(SIGUSR2, SIG_IGN), SIG_ERR);
  const ChildChecks checks(2);
  const CloneArguments arguments{.flags = kCloneClearSighand, .exit_signal = SIGCHLD};
  ScopedChild child = Clone(arguments, [&] {
    struct sigaction action {};
    (void)::sigaction(SIGUSR1, nullptr, &action);
    CHILD_EXPECT_TRUE(checks, action.sa_handler == SIG_DFL);
    (void)::sigaction(SIGUSR2, nullptr, &action);
    CHILD_EXPECT_TRUE(checks, action.sa_handler == SIG_IGN);
  });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_ERRNO(Clone3FlagsError(kCloneClearSighand | CLONE_SIGHAND | CLONE_VM, SIGCHLD), EINVAL);
}

PROMISE(Clone, NoNewPrivilegesFlagActsOnTheChildOnly,
        {
            .says = "CLONE_NNP sets no_new_privs in the child and not in its parent, and fails "
                    "with EINVAL together with CLONE_THREAD.",
            .item = "137 138",
            .authority = "kernel/fork.c copy_process()",
            .since = "7.1",
        }) {
  if (!HasCloneAutoreap()) GTEST_SKIP() << "no CLONE_NNP in this kernel";
  EXPECT_ERRNO(Clone3FlagsError(kCloneNnp | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, 0), EINVAL);
  CloneArguments arguments = PlainArguments();
  arguments.flags = kCloneNnp;
  ScopedChild child =
      Clone(arguments, [] { return ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 1; });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
}

PROMISE(Clone, TracingFlagsOfAnUntracedCallerChangeNothing,
        {
            .says = "CLONE_PTRACE and CLONE_UNTRACED of a caller that is not traced are accepted "
                    "and change nothing.",
            .item = "139",
            .authority = "clone(2) CLONE_PTRACE, CLONE_UNTRACED; kernel/fork.c copy_process()",
        }) {
  const ChildChecks checks(2);
  for (const uint64_t flags : {uint64_t{CLONE_PTRACE}, uint64_t{CLONE_UNTRACED}}) {
    const CloneArguments arguments{.flags = flags, .exit_signal = SIGCHLD};
    ScopedChild child = Clone(
        arguments, [&] { CHILD_EXPECT_TRUE(checks, StatusLine(::getpid(), "TracerPid") == "0"); });
    EXPECT_EQ(child.Reap(), 0) << FlagsText(flags);
  }
}

}  // namespace
}  // namespace procmark::conformance
