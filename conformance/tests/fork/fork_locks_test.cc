// Which of a process's locks and timers a fork hands on, and which stay behind.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <string>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "harness/sys/fd.h"
#include "harness/sys/temp_dir.h"

namespace procmark::conformance {
namespace {

PROMISE(Fork, TimersAreNotInherited,
        {.says = "Interval timers, alarms and POSIX timers are the parent's alone.",
         .item = "29 30 368",
         .authority = "fork(2); POSIX.1 fork; kernel/fork.c copy_signal()"}) {
  const itimerval hour{{0, 0}, {3600, 0}};
  for (const auto which : {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF}) {
    ASSERT_EQ(::setitimer(which, &hour, nullptr), 0);
  }
  int timer = -1;
  ASSERT_EQ(::syscall(SYS_timer_create, CLOCK_MONOTONIC, nullptr, &timer), 0);
  const ChildChecks checks(4);
  ScopedChild child = Fork([&] {
    itimerval left{};
    for (const auto which : {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF}) {
      (void)::getitimer(which, &left);
      CHILD_EXPECT_EQ(checks, 0, left.it_value.tv_sec + left.it_value.tv_usec);
    }
    const long result = ::syscall(SYS_timer_delete, timer);
    CHILD_EXPECT_EQ(checks, EINVAL, result == -1 ? errno : 0);
  });
  ASSERT_EQ(child.Reap(), 0);
  itimerval left{};
  ASSERT_EQ(::getitimer(ITIMER_REAL, &left), 0);
  EXPECT_GT(left.it_value.tv_sec, 0);
  EXPECT_EQ(::syscall(SYS_timer_delete, timer), 0) << "the parent's is still there";
}

PROMISE(Fork, TimerDescriptorIsShared,
        {.says = "A timerfd is a plain description: a child reads its parent's expirations.",
         .item = "31",
         .authority = "timerfd_create(2)"}) {
  const sys::Fd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
  ASSERT_TRUE(timer.Valid());
  const itimerspec soon{{0, 0}, {0, 1}};
  ASSERT_EQ(::timerfd_settime(timer.Get(), 0, &soon, nullptr), 0);
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    uint64_t expirations = 0;
    CHILD_EXPECT_EQ(checks, sizeof expirations,
                    ::read(timer.Get(), &expirations, sizeof expirations));
    CHILD_EXPECT_EQ(checks, 1, expirations);
  });
  ASSERT_EQ(child.Reap(), 0);
  ASSERT_EQ(::fcntl(timer.Get(), F_SETFL, O_NONBLOCK), 0);
  uint64_t expirations = 0;
  EXPECT_EQ(::read(timer.Get(), &expirations, sizeof expirations), -1);
  EXPECT_EQ(errno, EAGAIN) << "the child consumed it for both";
}

PROMISE(
    Fork, RecordLocksAreNotInherited,
    {.says =
         "fcntl record locks are not inherited: the child sees its parent as the owner, and the "
         "child's end releases nothing.",
     .item = "32",
     .authority = "fcntl(2), fork(2)"}) {
  const sys::Fd file(static_cast<int>(::memfd_create("conformance", MFD_CLOEXEC)));
  ASSERT_TRUE(file.Valid());
  struct flock lock {};
  lock.l_type = F_WRLCK;
  ASSERT_EQ(::fcntl(file.Get(), F_SETLK, &lock), 0);
  const pid_t test = ::getpid();
  const ChildChecks checks(4);
  for (int child_number = 0; child_number < 2; ++child_number) {
    ScopedChild child = Fork([&] {
      struct flock seen {};
      seen.l_type = F_WRLCK;
      (void)::fcntl(file.Get(), F_GETLK, &seen);
      CHILD_EXPECT_EQ(checks, F_WRLCK, seen.l_type);
      CHILD_EXPECT_EQ(checks, test, seen.l_pid);
    });
    ASSERT_EQ(child.Reap(), 0);
  }
}

PROMISE(
    Fork, DescriptionLocksCanBeReleasedByTheChild,
    {.says = "A flock and an open-file-description lock belong to the description: the child can "
             "release its parent's.",
     .item = "33",
     .authority = "flock(2), fcntl(2) F_OFD_SETLK",
     .since = "3.15"}) {
  sys::Result<sys::TempDir> folder = sys::TempDir::Create();
  ASSERT_TRUE(folder);
  const std::string path = folder.Value().Path() / "locked";
  const sys::Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  const sys::Fd other(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_TRUE(file.Valid() && other.Valid());
  struct flock lock {};
  lock.l_type = F_WRLCK;
  ASSERT_EQ(::flock(file.Get(), LOCK_EX), 0);
  ASSERT_EQ(::fcntl(file.Get(), F_OFD_SETLK, &lock), 0);
  EXPECT_EQ(::flock(other.Get(), LOCK_EX | LOCK_NB), -1) << "the decoy: it is held";
  struct flock wanted = lock;
  EXPECT_EQ(::fcntl(other.Get(), F_OFD_SETLK, &wanted), -1);
  ScopedChild child = Fork([&] {
    struct flock release {};
    release.l_type = F_UNLCK;
    if (::flock(file.Get(), LOCK_UN) != 0) return 1;
    return ::fcntl(file.Get(), F_OFD_SETLK, &release) == 0 ? 0 : 2;
  });
  ASSERT_EQ(child.Reap(), 0);
  EXPECT_EQ(::flock(other.Get(), LOCK_EX | LOCK_NB), 0);
  EXPECT_EQ(::fcntl(other.Get(), F_OFD_SETLK, &wanted), 0);
}

PROMISE(Fork, SemaphoreUndoIsNotInherited,
        {.says = "SysV undo values are not inherited: the child's exit takes nothing back.",
         .item = "34",
         .authority = "semop(2), fork(2); kernel/fork.c copy_semundo()"}) {
  const int id = ::semget(IPC_PRIVATE, 1, 0600);
  if (id < 0 && errno == ENOSYS) GTEST_SKIP() << "no SysV semaphores in this kernel";
  ASSERT_GE(id, 0);
  sembuf add{0, 5, SEM_UNDO};
  const int added = ::semop(id, &add, 1);
  ScopedChild child = Fork([] { return 0; });
  EXPECT_EQ(child.Reap(), 0);
  const int value = ::semctl(id, 0, GETVAL);
  EXPECT_EQ(::semctl(id, 0, IPC_RMID), 0);
  ASSERT_EQ(added, 0);
  EXPECT_EQ(value, 5);
}

}  // namespace
}  // namespace procmark::conformance
