// SPDX-License-Identifier: MIT
// What a pidfd says about its process: fdinfo, the inode number and PIDFD_GET_INFO.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <string>

#include "conformance/vocabulary/children.h"
#include "conformance/vocabulary/descriptors.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"
#include "harness/sys/fd.h"
#include "harness/sys/proc_stat.h"

namespace procmark::conformance {
namespace {

// The "Pid:" line of a pidfd's fdinfo.
std::string FdInfoPid(int pidfd) {
  const auto text = sys::ReadSmallFile("/proc/self/fdinfo/" + std::to_string(pidfd));
  if (!text) return text.Failure().Text();
  const size_t at = text.Value().find("\nPid:\t");
  if (at == std::string::npos) return "no Pid line";
  const size_t end = text.Value().find('\n', at + 1);
  return text.Value().substr(at + 6, end - at - 6);
}

PROMISE(PidfdInfo, FdinfoShowsThePid,
        {
            .says = "A pidfd's fdinfo shows the process's pid, and -1 after the reap, and "
                    "CLONE_PIDFD's descriptor is valid and close-on-exec when clone returns.",
            .item = "298",
            .authority = "clone(2) CLONE_PIDFD; pidfd_show_fdinfo()",
            .since = "5.2",
        }) {
  const CloneArguments arguments{.exit_signal = SIGCHLD};
  ScopedChild child = Clone(arguments, [] { return 0; });  // Clone passes CLONE_PIDFD
  EXPECT_EQ(::fcntl(child.PidFd(), F_GETFD), FD_CLOEXEC);
  (void)child.AwaitZombie();
  EXPECT_EQ(FdInfoPid(child.PidFd()), std::to_string(child.Number()));
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(FdInfoPid(child.PidFd()), "-1");
}

// True when the pidfds of this kernel are in a file system of their own.
bool HasPidfs(int pidfd) {
  struct statfs about {};
  return ::fstatfs(pidfd, &about) == 0 && about.f_type == 0x50494446;  // PID_FS_MAGIC
}

PROMISE(PidfdInfo, InodeIdentifiesTheProcess,
        {
            .says = "Two pidfds of one process have the same inode number, and those of two "
                    "processes have different ones.",
            .item = "302",
            .authority = "pidfd_open(2); fs/pidfs.c",
            .since = "6.9",
            .kind = Kind::kVersion,
        }) {
  const Handshake end;
  ScopedChild first = ForkUntil(end);
  ScopedChild second = ForkUntil(end);
  const sys::Fd again = OpenPidfd(first.Number());
  struct stat of_first {};
  struct stat of_again {};
  struct stat of_second {};
  EXPECT_SYSCALL_SUCCEEDS(::fstat(first.PidFd(), &of_first));
  EXPECT_SYSCALL_SUCCEEDS(::fstat(again.Get(), &of_again));
  EXPECT_SYSCALL_SUCCEEDS(::fstat(second.PidFd(), &of_second));
  EXPECT_EQ(of_first.st_ino, of_again.st_ino);
  const bool has_pidfs = HasPidfs(first.PidFd());
  if (has_pidfs) EXPECT_NE(of_first.st_ino, of_second.st_ino);
  if (!has_pidfs)
    EXPECT_EQ(of_first.st_ino, of_second.st_ino) << "all pidfds share one anonymous inode";
  end.Notify();
  end.Notify();
  EXPECT_EQ(first.Reap(), 0);
  EXPECT_EQ(second.Reap(), 0);
}

// The part of struct pidfd_info (Linux 6.13) that these tests use.
struct PidfdInfo {
  uint64_t mask;
  uint64_t cgroup;
  uint32_t pid;
  uint32_t tgid;
  uint32_t ppid;
  uint32_t ids[8];
  int32_t exit_code;
};
static_assert(sizeof(PidfdInfo) == 64);
constexpr unsigned long kGetInfo = _IOWR(0xFF, 11, PidfdInfo);
constexpr uint64_t kInfoExit = 8;

// The errno of PIDFD_GET_INFO, or 0. ENOTTY and EINVAL mean that the kernel does not have it.
int InfoError(int pidfd, uint64_t wanted, PidfdInfo* info) {
  *info = {};
  info->mask = wanted;
  return ::ioctl(pidfd, kGetInfo, info) == 0 ? 0 : errno;
}

PROMISE(PidfdInfo, NamesTheProcessAndItsParent,
        {
            .says = "PIDFD_GET_INFO returns pid, thread group and parent of a living process.",
            .item = "304",
            .authority = "include/uapi/linux/pidfd.h; fs/pidfs.c pidfd_info()",
            .since = "6.13",
            .kind = Kind::kVersion,
        }) {
  const Handshake end;
  ScopedChild child = ForkUntil(end);
  PidfdInfo info{};
  const int error = InfoError(child.PidFd(), 1, &info);
  end.Notify();
  EXPECT_EQ(child.Reap(), 0);
  if (error == ENOTTY || error == EINVAL) GTEST_SKIP() << "this kernel has no PIDFD_GET_INFO";
  ASSERT_ERRNO(error, 0);
  EXPECT_EQ(static_cast<pid_t>(info.pid), child.Number());
  EXPECT_EQ(static_cast<pid_t>(info.tgid), child.Number());
  EXPECT_EQ(static_cast<pid_t>(info.ppid), ::getpid());
}

PROMISE(PidfdInfo, ShowsTheExitAfterTheReap,
        {
            .says = "PIDFD_GET_INFO returns the raw exit status when the process has been reaped, "
                    "and not while it is a zombie.",
            .item = "304",
            .authority = "include/uapi/linux/pidfd.h PIDFD_INFO_EXIT; fs/pidfs.c",
            .since = "6.15",
            .kind = Kind::kVersion,
        }) {
  ScopedChild child = Fork([] { return 33; });
  (void)child.AwaitZombie();
  PidfdInfo zombie{};
  const int error = InfoError(child.PidFd(), kInfoExit | 1, &zombie);
  EXPECT_EQ(child.Reap(), 33 << 8);
  PidfdInfo reaped{};
  const int reaped_error = InfoError(child.PidFd(), kInfoExit, &reaped);
  if (error == ENOTTY || error == EINVAL || reaped_error == ESRCH) {
    GTEST_SKIP() << "this kernel has no PIDFD_INFO_EXIT";
  }
  ASSERT_ERRNO(error, 0);
  EXPECT_EQ(zombie.mask & kInfoExit, 0U);
  ASSERT_ERRNO(reaped_error, 0);
  EXPECT_EQ(reaped.mask & kInfoExit, kInfoExit);
  EXPECT_EQ(reaped.exit_code, 33 << 8);
}

}  // namespace
}  // namespace procmark::conformance
