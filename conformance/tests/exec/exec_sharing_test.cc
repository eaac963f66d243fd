// execve(2) by a process that shares memory, descriptors or signal actions.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>

#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"

namespace procmark::conformance {
namespace {

HELPER(ExitZero) { return 0; }

PROMISE(
    ExecSharing, UnsharesTheDescriptorTable,
    {.says =
         "execve by a process that shares its descriptor table closes in a copy: the other keeps "
         "its close-on-exec descriptor.",
     .item = "162",
     .authority = "execve(2); fs/exec.c begin_new_exec() unshare_files()"}) {
  const Handshake pipe;
  CloneArguments arguments;
  arguments.flags = CLONE_FILES;
  arguments.exit_signal = SIGCHLD;
  ScopedChild child = Clone(arguments, [] {
    (void)ExecHelper("ExitZero", {});
    return 126;
  });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(::fcntl(pipe.ReadFd(), F_GETFD), FD_CLOEXEC);
}

HELPER(ExitSixtyFour) { return 64; }

// A child that shares our memory must not allocate: its words are made before it is born.
class PreparedExec {
 public:
  void operator()() const {
    char* const environment[] = {nullptr};
    (void)::syscall(SYS_execve, "/proc/self/exe", words_.data(), environment);
  }

 private:
  char name_[24] = "procmark-conformance";
  char flag_[24] = "--procmark_helper";
  char helper_[24] = "ExitSixtyFour";
  std::array<char*, 4> words_ = {name_, flag_, helper_, nullptr};
};

PROMISE(ExecSharing, LeavesTheSharedMemory,
        {.says = "execve by a child that shares its parent's memory takes the child to a memory "
                 "of its own and leaves the parent's as it was.",
         .item = "161 81",
         .authority = "execve(2), clone(2) CLONE_VM; fs/exec.c exec_mmap()"}) {
  const PreparedExec exec;
  std::atomic<int> word = 1;
  ScopedChild child = CloneSharingMemory(SIGCHLD, [&] {
    word.store(2);
    exec();
    return 126;
  });
  EXPECT_EQ(child.Reap(), 64 << 8);
  EXPECT_EQ(word.load(), 2);
}

PROMISE(ExecSharing, ClearsTheTidWord,
        {.says = "A successful execve clears the word of set_tid_address, when the memory has "
                 "another user, before the new program ends.",
         .item = "109 161",
         .authority = "set_tid_address(2); kernel/fork.c exec_mm_release()"}) {
  const PreparedExec exec;
  std::atomic<int> word = 77;
  // CLONE_VFORK: we run again at the exec.
  ScopedChild child = CloneSharingMemory(CLONE_VFORK | SIGCHLD, [&] {
    (void)::syscall(SYS_set_tid_address, &word);
    exec();
    return 126;
  });
  EXPECT_EQ(word.load(), 0);
  EXPECT_EQ(child.Reap(), 64 << 8);
}

PROMISE(ExecSharing, UnsharesSignalActions,
        {.says = "execve by a process that shares its signal actions resets a copy: the other's "
                 "handler stays.",
         .item = "161",
         .authority = "execve(2), clone(2) CLONE_SIGHAND; fs/exec.c unshare_sighand()"}) {
  const PreparedExec exec;
  const auto handler = [](int) {};
  ASSERT_NE(::signal(SIGUSR1, handler), SIG_ERR);
  ScopedChild child = CloneSharingMemory(CLONE_SIGHAND | SIGCHLD, [&] {
    exec();
    return 126;
  });
  EXPECT_EQ(child.Reap(), 64 << 8);
  struct sigaction action {};
  ASSERT_EQ(::sigaction(SIGUSR1, nullptr, &action), 0);
  EXPECT_EQ(action.sa_handler, handler);
}

}  // namespace
}  // namespace procmark::conformance
