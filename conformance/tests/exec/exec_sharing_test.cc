// SPDX-License-Identifier: MIT
// execve(2) by a process that shares memory, descriptors or signal handlers.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"

namespace procmark::conformance {
namespace {

PROMISE(ExecSharing, UnsharesTheDescriptorTable,
        {
            .says = "execve by a process that shares its descriptor table closes descriptors in a "
                    "copy, so the other process keeps its close-on-exec descriptor.",
            .item = "162",
            .authority = "execve(2); fs/exec.c begin_new_exec() unshare_files()",
        }) {
  const Handshake pipe;
  const CloneArguments arguments{.flags = CLONE_FILES, .exit_signal = SIGCHLD};
  ScopedChild child = Clone(arguments, [] {
    (void)ExecHelper(kExitWith, {"0"});
    return 126;
  });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(::fcntl(pipe.ReadFd(), F_GETFD), FD_CLOEXEC);
}

PROMISE(ExecSharing, LeavesTheSharedMemory,
        {
            .says = "execve by a child that shares its parent's memory gives the child a memory of "
                    "its own and leaves the parent's unchanged.",
            .item = "161 81",
            .authority = "execve(2), clone(2) CLONE_VM; fs/exec.c exec_mmap()",
        }) {
  const HelperCommand command(kExitWith, {"64"});  // a child that shares memory must not allocate
  std::atomic<int> word = 1;
  ScopedChild child = CloneSharingMemory(SIGCHLD, [&] {
    word.store(2);
    (void)command.Exec();
    return 126;
  });
  EXPECT_EQ(child.Reap(), 64 << 8);
  EXPECT_EQ(word.load(), 2);
}

PROMISE(ExecSharing, ClearsTheTidWord,
        {
            .says = "A successful execve clears the word of set_tid_address before the new program "
                    "ends, when the memory has another user.",
            .item = "109 161",
            .authority = "set_tid_address(2); kernel/fork.c exec_mm_release()",
        }) {
  const HelperCommand command(kExitWith, {"64"});  // a child that shares memory must not allocate
  std::atomic<int> word = 77;
  // With CLONE_VFORK the test runs again at the exec.
  ScopedChild child = CloneSharingMemory(CLONE_VFORK | SIGCHLD, [&] {
    (void)::syscall(SYS_set_tid_address, &word);
    (void)command.Exec();
    return 126;
  });
  EXPECT_EQ(word.load(), 0);
  EXPECT_EQ(child.Reap(), 64 << 8);
}

PROMISE(ExecSharing, UnsharesSignalActions,
        {
            .says = "execve by a process that shares its signal handlers resets a copy, so the "
                    "other process keeps its handler.",
            .item = "161",
            .authority = "execve(2), clone(2) CLONE_SIGHAND; fs/exec.c unshare_sighand()",
        }) {
  const HelperCommand command(kExitWith, {"64"});  // a child that shares memory must not allocate
  const auto handler = [](int) {};
  ASSERT_NE(::signal(SIGUSR1, handler), SIG_ERR);
  ScopedChild child = CloneSharingMemory(CLONE_SIGHAND | SIGCHLD, [&] {
    (void)command.Exec();
    return 126;
  });
  EXPECT_EQ(child.Reap(), 64 << 8);
  struct sigaction action {};
  ASSERT_SYSCALL_SUCCEEDS(::sigaction(SIGUSR1, nullptr, &action));
  EXPECT_EQ(action.sa_handler, handler);
}

}  // namespace
}  // namespace procmark::conformance
