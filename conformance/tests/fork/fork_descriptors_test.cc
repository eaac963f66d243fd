// SPDX-License-Identifier: MIT
// Descriptors across fork(2): the table is copied, and the open file descriptions are shared.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <string>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/descriptors.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/syscall_result.h"
#include "harness/sys/fd.h"
#include "harness/sys/temp_dir.h"

namespace procmark::conformance {
namespace {

PROMISE(ForkDescriptors, DescriptionsAreShared,
        {
            .says = "Open file descriptions are shared, so that an offset or a status flag that "
                    "the child sets is also the parent's.",
            .item = "23",
            .authority = "fork(2); POSIX.1 fork",
        }) {
  const sys::Fd file = MemoryFile(100);
  const sys::Fd control = MemoryFile(100);
  ScopedChild child = Fork([&] {
    if (::lseek(file.Get(), 42, SEEK_SET) != 42) return 1;
    return ::fcntl(file.Get(), F_SETFL, O_APPEND) == 0 ? 0 : 2;
  });
  ASSERT_EQ(child.Reap(), 0);
  EXPECT_EQ(::lseek(file.Get(), 0, SEEK_CUR), 42);
  EXPECT_EQ(::fcntl(file.Get(), F_GETFL) & O_APPEND, O_APPEND);
  EXPECT_EQ(::lseek(control.Get(), 0, SEEK_CUR), 0);
}

PROMISE(ForkDescriptors, TableIsCopied,
        {
            .says = "fork copies the descriptor table with its close-on-exec flags, so that what "
                    "the child closes or opens does not change the parent's table.",
            .item = "24 25",
            .authority = "fork(2); kernel/fork.c copy_files()",
        }) {
  const sys::Fd marked = MemoryFile(1);
  const sys::Fd plain = MemoryFile(1);
  ASSERT_TRUE(sys::SetCloseOnExec(plain.Get(), false).Ok());
  const ChildChecks checks(2);
  const Shared<std::atomic<int>> opened;
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_EQ(checks, ::fcntl(marked.Get(), F_GETFD), FD_CLOEXEC);
    CHILD_EXPECT_EQ(checks, ::fcntl(plain.Get(), F_GETFD), 0);
    ::close(marked.Get());
    (void)sys::SetCloseOnExec(plain.Get(), true);
    opened->store(::fcntl(plain.Get(), F_DUPFD, 200));
  });
  ASSERT_EQ(child.Reap(), 0);
  EXPECT_EQ(::fcntl(marked.Get(), F_GETFD), FD_CLOEXEC) << "it was closed in the child only";
  EXPECT_EQ(::fcntl(plain.Get(), F_GETFD), 0);
  ASSERT_GE(opened->load(), 200);
  EXPECT_EQ(::fcntl(opened->load(), F_GETFD), -1) << "it was opened in the child only";
}

PROMISE(ForkDescriptors, EventAndEpollAreShared,
        {
            .says = "eventfd and epoll descriptors refer to shared descriptions, so that the "
                    "parent sees what the child adds or registers.",
            .item = "31",
            .authority = "fork(2), eventfd(2), epoll(7)",
        }) {
  const sys::Fd event(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  const sys::Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  ASSERT_TRUE(event.Valid() && epoll.Valid());
  epoll_event ready{};
  ASSERT_EQ(::epoll_wait(epoll.Get(), &ready, 1, 0), 0);
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_SYSCALL_SUCCEEDS(checks, ::eventfd_write(event.Get(), 6));
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    wanted.data.u32 = 99;
    CHILD_EXPECT_SYSCALL_SUCCEEDS(checks,
                                  ::epoll_ctl(epoll.Get(), EPOLL_CTL_ADD, event.Get(), &wanted));
  });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(::epoll_wait(epoll.Get(), &ready, 1, 0), 1);
  EXPECT_EQ(ready.data.u32, 99U);
  eventfd_t value = 0;
  EXPECT_SYSCALL_SUCCEEDS(::eventfd_read(event.Get(), &value));
  EXPECT_EQ(value, 7U);
}

PROMISE(ForkDescriptors, TimerIsShared,
        {
            .says = "A timerfd refers to a shared description, so that a child reads its parent's "
                    "expirations.",
            .item = "31",
            .authority = "timerfd_create(2)",
        }) {
  const sys::Fd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
  ASSERT_TRUE(timer.Valid());
  const itimerspec soon{{0, 0}, {0, 1}};
  ASSERT_SYSCALL_SUCCEEDS(::timerfd_settime(timer.Get(), 0, &soon, nullptr));
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    uint64_t expirations = 0;
    CHILD_EXPECT_EQ(checks, ::read(timer.Get(), &expirations, sizeof expirations),
                    sizeof expirations);
    CHILD_EXPECT_EQ(checks, expirations, 1);
  });
  ASSERT_EQ(child.Reap(), 0);
  ASSERT_SYSCALL_SUCCEEDS(::fcntl(timer.Get(), F_SETFL, O_NONBLOCK));
  uint64_t expirations = 0;
  EXPECT_SYSCALL_FAILS(::read(timer.Get(), &expirations, sizeof expirations), EAGAIN)
      << "the child consumed the expiration for both";
}

PROMISE(ForkDescriptors, DescriptionLocksCanBeReleasedByTheChild,
        {
            .says = "A flock and an open-file-description lock belong to the description, so that "
                    "the child can release its parent's lock.",
            .item = "33",
            .authority = "flock(2), fcntl(2) F_OFD_SETLK",
            .since = "3.15",
        }) {
  sys::Result<sys::TempDir> folder = sys::TempDir::Create();
  ASSERT_TRUE(folder);
  const std::string path = folder.Value().Path() / "locked";
  const sys::Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  const sys::Fd other(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_TRUE(file.Valid() && other.Valid());
  struct flock lock {};
  lock.l_type = F_WRLCK;
  ASSERT_SYSCALL_SUCCEEDS(::flock(file.Get(), LOCK_EX));
  ASSERT_SYSCALL_SUCCEEDS(::fcntl(file.Get(), F_OFD_SETLK, &lock));
  EXPECT_EQ(::flock(other.Get(), LOCK_EX | LOCK_NB), -1) << "the control: it is locked";
  struct flock wanted = lock;
  EXPECT_EQ(::fcntl(other.Get(), F_OFD_SETLK, &wanted), -1);
  ScopedChild child = Fork([&] {
    struct flock release {};
    release.l_type = F_UNLCK;
    if (::flock(file.Get(), LOCK_UN) != 0) return 1;
    return ::fcntl(file.Get(), F_OFD_SETLK, &release) == 0 ? 0 : 2;
  });
  ASSERT_EQ(child.Reap(), 0);
  EXPECT_SYSCALL_SUCCEEDS(::flock(other.Get(), LOCK_EX | LOCK_NB));
  EXPECT_SYSCALL_SUCCEEDS(::fcntl(other.Get(), F_OFD_SETLK, &wanted));
}

}  // namespace
}  // namespace procmark::conformance
