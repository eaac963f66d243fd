// SPDX-License-Identifier: MIT
// posix_spawn(3): file actions, their order and their failures, and the pidfd of the child.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/spawning.h"
#include "conformance/vocabulary/syscall_result.h"
#include "harness/sys/fd.h"
#include "harness/sys/text.h"

namespace procmark::conformance {
namespace {

HELPER(SpawnDescriptors) {
  // Bit i of the exit status is set when argument i, "number:inode", names the file that this
  // descriptor has here.
  int seen = 0;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const size_t colon = arguments[i].find(':');
    struct stat status {};
    const bool open =
        ::fstat(sys::ParseNumber<int>(arguments[i].substr(0, colon)).value_or(-1), &status) == 0;
    const std::string inode = open ? std::to_string(status.st_ino) : "closed";
    if (inode == arguments[i].substr(colon + 1)) seen |= 1 << i;
  }
  return seen;
}

std::string Inode(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? std::to_string(status.st_ino) : "closed";
}

PROMISE(SpawnFiles, FileActionsAreDoneInOrder,
        {
            .says = "posix_spawn carries out file actions in the order in which they were added.",
            .item = "353",
            .authority = "posix_spawn(3), posix_spawn_file_actions_adddup2(3)",
        }) {
  const Handshake first;
  const Handshake second;
  // 201 := first; 202 := 201; 201 := second; 203 := 202; close 202. Any other order gives another
  // result.
  Spawn spawn;
  ASSERT_EQ(::posix_spawn_file_actions_adddup2(&spawn.actions, first.ReadFd(), 201), 0);
  ASSERT_EQ(::posix_spawn_file_actions_adddup2(&spawn.actions, 201, 202), 0);
  ASSERT_EQ(::posix_spawn_file_actions_adddup2(&spawn.actions, second.ReadFd(), 201), 0);
  ASSERT_EQ(::posix_spawn_file_actions_adddup2(&spawn.actions, 202, 203), 0);
  ASSERT_EQ(::posix_spawn_file_actions_addclose(&spawn.actions, 202), 0);
  EXPECT_EQ(spawn.Run("SpawnDescriptors",
                      {"201:" + Inode(second.ReadFd()), "202:closed",
                       "203:" + Inode(first.ReadFd()), "201:" + Inode(first.ReadFd())}),
            (1 | 2 | 4) << 8)
      << "the last bit is the control";
}

PROMISE(SpawnFiles, FailingActionIsTheCallsError,
        {
            .says = "When a file action fails, posix_spawn returns its error and leaves no child.",
            .item = "353",
            .authority = "posix_spawn(3) ERRORS",
        }) {
  Spawn closed;
  ASSERT_EQ(::posix_spawn_file_actions_adddup2(&closed.actions, 199, 201), 0);
  EXPECT_ERRNO(closed.Start(kExitWith, {"0"}), EBADF);
  EXPECT_TRUE(HasNoChild());
  Spawn absent;
  ASSERT_EQ(::posix_spawn_file_actions_addopen(&absent.actions, 201, "/nonexistent", O_RDONLY, 0),
            0);
  EXPECT_ERRNO(absent.Start(kExitWith, {"0"}), ENOENT);
  EXPECT_TRUE(HasNoChild());
}

PROMISE(SpawnFiles, DupOntoItselfClearsCloseOnExec,
        {
            .says = "A file action that duplicates a descriptor onto itself keeps it open across "
                    "the exec, although it is close-on-exec in the caller.",
            .item = "353",
            .authority = "posix_spawn_file_actions_adddup2(3); POSIX.1-2024",
        }) {
  const Handshake pipe;  // both ends are close-on-exec
  Spawn spawn;
  ASSERT_EQ(::posix_spawn_file_actions_adddup2(&spawn.actions, pipe.ReadFd(), pipe.ReadFd()), 0);
  const std::string read = std::to_string(pipe.ReadFd()) + ":" + Inode(pipe.ReadFd());
  const std::string write = std::to_string(pipe.WriteFd()) + ":closed";
  EXPECT_EQ(spawn.Run("SpawnDescriptors", {read, write}), (1 | 2) << 8);
  EXPECT_EQ(::fcntl(pipe.ReadFd(), F_GETFD), FD_CLOEXEC) << "the caller's flag is unchanged";
}

PROMISE(SpawnFiles, ChangesFolderBeforeExec,
        {
            .says = "A chdir action changes the folder of the child and not of its caller, and "
                    "later actions use the new folder.",
            .item = "356",
            .authority = "posix_spawn_file_actions_addchdir_np(3), glibc 2.29",
        }) {
  Spawn spawn;
  ASSERT_SYSCALL_SUCCEEDS(::chdir("/"));
  ASSERT_EQ(::posix_spawn_file_actions_addchdir_np(&spawn.actions, "/proc/self"), 0);
  ASSERT_EQ(::posix_spawn_file_actions_addopen(&spawn.actions, 201, "../uptime", O_RDONLY, 0), 0);
  struct stat uptime {};
  ASSERT_SYSCALL_SUCCEEDS(::stat("/proc/uptime", &uptime));
  EXPECT_EQ(spawn.Run("SpawnDescriptors", {"201:" + std::to_string(uptime.st_ino)}), 1 << 8);
  char folder[16] = "";
  EXPECT_STREQ(::getcwd(folder, sizeof folder), "/");
}

PROMISE(SpawnFiles, ClosesAllFromANumberOn,
        {
            .says = "A closefrom action closes every descriptor from its number on, and none "
                    "below.",
            .item = "356",
            .authority = "posix_spawn_file_actions_addclosefrom_np(3), glibc 2.34",
        }) {
  const sys::Fd file(::open("/proc/uptime", O_RDONLY));
  ASSERT_TRUE(file.Valid());
  for (const int number : {220, 221, 240}) ASSERT_EQ(::dup2(file.Get(), number), number);
  Spawn spawn;
  ASSERT_EQ(::posix_spawn_file_actions_addclosefrom_np(&spawn.actions, 221), 0);
  EXPECT_EQ(spawn.Run("SpawnDescriptors", {"220:" + Inode(220), "221:closed", "240:closed"}),
            (1 | 2 | 4) << 8);
  EXPECT_EQ(Inode(240), Inode(220)) << "the caller's own descriptors are still open";
}

PROMISE(SpawnFiles, PidfdSpawnGivesTheChildsPidfd,
        {
            .says = "pidfd_spawn returns a close-on-exec pidfd of the child, which can be used to "
                    "wait for it.",
            .item = "356",
            .authority = "pidfd_spawn(3), glibc 2.39; clone3(2) CLONE_PIDFD",
            .since = "5.4",
        }) {
  const HelperCommand command(kExitWith, {"34"});
  int number = -1;
  const int error =
      ::pidfd_spawn(&number, kThisProgram, nullptr, nullptr, command.Argv(), command.Environment());
  if (error == ENOSYS) GTEST_SKIP() << "the C library cannot make pidfds here";
  ASSERT_ERRNO(error, 0);
  const sys::Fd pidfd(number);
  EXPECT_EQ(::fcntl(pidfd.Get(), F_GETFD), FD_CLOEXEC);
  const WaitedId end = WaitId(P_PIDFD, pidfd.Get(), WEXITED);
  EXPECT_EQ(end.result, 0);
  EXPECT_EQ(end.info.si_status, 34);
  EXPECT_TRUE(HasNoChild());
}

}  // namespace
}  // namespace procmark::conformance
