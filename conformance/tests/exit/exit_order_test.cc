// SPDX-License-Identifier: MIT
// What has already happened when a child can be waited for: the order inside do_exit(), seen from
// outside. Each test looks at once when the zombie is there.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <string>
#include <utility>

#include "conformance/vocabulary/children.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/signals.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/test_deadline.h"
#include "harness/sys/fd.h"
#include "harness/sys/temp_dir.h"

namespace procmark::conformance {
namespace {

constexpr int kRounds = 20;

// A file in a temporary folder of its own.
struct ScratchFile {
  sys::TempDir folder;
  std::string path;
  static ScratchFile Create() {
    sys::Result<sys::TempDir> made = sys::TempDir::Create();
    if (!made) ThrowErrno("mkdtemp", made.Failure().error_number);
    std::string path = made.Value().Path().string() + "/file";
    const sys::Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file.Valid()) ThrowErrno("open", errno);
    return ScratchFile{std::move(made).Value(), std::move(path)};
  }
  sys::Fd Open() const { return sys::Fd(::open(path.c_str(), O_RDWR | O_CLOEXEC)); }
};

// Forks a child that takes something, notifies the test, and ends when it is told to. `seen_taken`
// looks while the child lives, `seen_free` when it is a zombie.
template <typename Take, typename Taken, typename Free>
void CheckReleasedAtExit(const Take& take, const Taken& seen_taken, const Free& seen_free) {
  for (int round = 0; AnotherRound(round, kRounds); ++round) {
    const Handshake taken;
    const Handshake end;
    ScopedChild child = Fork([&] {
      const bool done = take();
      taken.Notify();
      return done && end.Await() ? 0 : 1;
    });
    ASSERT_TRUE(taken.Await());
    EXPECT_TRUE(seen_taken()) << "the control: held while the child lives, round " << round;
    end.Notify();
    (void)child.AwaitZombie();
    EXPECT_TRUE(seen_free()) << "round " << round;
    EXPECT_EQ(child.Reap(), 0);
  }
}

PROMISE(ExitOrder, FlockIsReleased,
        {
            .says = "When a child can be waited for, its flock(2) locks are released.",
            .item = "336",
            .authority = "flock(2); kernel/exit.c exit_files() comes before exit_notify()",
        }) {
  const ScratchFile file = ScratchFile::Create();
  const sys::Fd ours = file.Open();
  const auto try_lock = [&] { return ::flock(ours.Get(), LOCK_EX | LOCK_NB) == 0; };
  CheckReleasedAtExit(
      [&] {
        const int fd = ::open(file.path.c_str(), O_RDWR);  // held until the exit
        return ::flock(fd, LOCK_EX) == 0;
      },
      [&] { return !try_lock() && errno == EWOULDBLOCK; },
      [&] { return try_lock() && ::flock(ours.Get(), LOCK_UN) == 0; });
}

PROMISE(ExitOrder, RecordLockIsReleased,
        {
            .says = "When a child can be waited for, its fcntl(2) record locks are released.",
            .item = "336",
            .authority = "fcntl(2); kernel/exit.c exit_files() comes before exit_notify()",
        }) {
  const ScratchFile file = ScratchFile::Create();
  const sys::Fd ours = file.Open();
  const auto holder = [&] {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return ::fcntl(ours.Get(), F_GETLK, &lock) == 0 ? lock.l_type : -1;
  };
  CheckReleasedAtExit(
      [&] {
        struct flock lock {};
        lock.l_type = F_WRLCK;
        lock.l_whence = SEEK_SET;
        return ::fcntl(ours.Get(), F_SETLK, &lock) == 0;
      },
      [&] { return holder() == F_WRLCK; }, [&] { return holder() == F_UNLCK; });
}

PROMISE(ExitOrder, LeaseIsReleased,
        {
            .says = "When a child can be waited for, its file lease has ended, so that an open "
                    "that would break it does not block.",
            .item = "336",
            .authority = "fcntl(2) F_SETLEASE; kernel/exit.c exit_files()",
        }) {
  const ScratchFile file = ScratchFile::Create();
  {
    const sys::Fd probe(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
    if (::fcntl(probe.Get(), F_SETLEASE, F_RDLCK) != 0) {
      GTEST_SKIP() << "no leases here: " << ErrnoText(errno);
    }
  }
  const auto open_to_write = [&] {
    const sys::Fd writer(::open(file.path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    return writer.Valid() ? 0 : errno;
  };
  CheckReleasedAtExit(
      [&] {
        (void)::signal(SIGIO, SIG_IGN);  // the signal about the open that breaks the lease
        const int fd = ::open(file.path.c_str(), O_RDONLY);
        return ::fcntl(fd, F_SETLEASE, F_RDLCK) == 0;
      },
      [&] { return open_to_write() == EWOULDBLOCK; }, [&] { return open_to_write() == 0; });
}

PROMISE(ExitOrder, SemaphoreUndoIsApplied,
        {
            .says = "When a child can be waited for, its SEM_UNDO adjustments have been made.",
            .item = "337",
            .authority = "semop(2) SEM_UNDO; kernel/exit.c exit_sem() comes before exit_notify()",
        }) {
  const int set = ::semget(IPC_PRIVATE, 1, 0600);
  ASSERT_GE(set, 0);
  CheckReleasedAtExit(
      [set] {
        sembuf up{0, 3, SEM_UNDO};
        return ::semop(set, &up, 1) == 0;
      },
      [set] { return ::semctl(set, 0, GETVAL) == 3; },
      [set] { return ::semctl(set, 0, GETVAL) == 0; });
  EXPECT_SYSCALL_SUCCEEDS(::semctl(set, 0, IPC_RMID));
}

PROMISE(ExitOrder, SharedMemoryIsDetached,
        {
            .says = "When a child can be waited for, its SysV shared memory is detached, and "
                    "shm_nattch is as before.",
            .item = "340",
            .authority = "shmat(2); kernel/exit.c exit_shm() and exit_mm() before exit_notify()",
        }) {
  const int segment = ::shmget(IPC_PRIVATE, 4096, 0600);
  ASSERT_GE(segment, 0);
  const auto attached = [segment] {
    shmid_ds status{};
    return ::shmctl(segment, IPC_STAT, &status) == 0 ? static_cast<int>(status.shm_nattch) : -1;
  };
  CheckReleasedAtExit(
      [segment] { return ::shmat(segment, nullptr, 0) != reinterpret_cast<void*>(-1); },
      [&] { return attached() == 1; }, [&] { return attached() == 0; });
  EXPECT_SYSCALL_SUCCEEDS(::shmctl(segment, IPC_RMID, nullptr));
}

PROMISE(ExitOrder, SharedMemoryMarkedForRemovalIsGone,
        {
            .says = "A removed shared memory segment that only the child had attached is gone when "
                    "the child can be waited for.",
            .item = "340",
            .authority = "shmctl(2) IPC_RMID; ipc/shm.c shm_close()",
        }) {
  for (int round = 0; AnotherRound(round, kRounds); ++round) {
    const int segment = ::shmget(IPC_PRIVATE, 4096, 0600);
    ASSERT_GE(segment, 0);
    const Handshake attached;
    const Handshake end;
    ScopedChild child = Fork([&] {
      (void)::shmat(segment, nullptr, 0);
      attached.Notify();
      return end.Await() ? 0 : 1;
    });
    ASSERT_TRUE(attached.Await());
    ASSERT_SYSCALL_SUCCEEDS(::shmctl(segment, IPC_RMID, nullptr));
    shmid_ds status{};
    EXPECT_SYSCALL_SUCCEEDS(::shmctl(segment, IPC_STAT, &status))
        << "the control: the child is still attached";
    end.Notify();
    (void)child.AwaitZombie();
    EXPECT_SYSCALL_FAILS(::shmctl(segment, IPC_STAT, &status), EINVAL) << "round " << round;
    EXPECT_EQ(child.Reap(), 0);
  }
}

PROMISE(ExitOrder, SharedWritesAreVisible,
        {
            .says = "When a child that was killed can be waited for, all its writes to a shared "
                    "mapping are visible, so that its counter does not change any more.",
            .item = "340",
            .authority = "kernel/exit.c exit_mm() comes before exit_notify()",
        }) {
  for (int round = 0; AnotherRound(round, kRounds); ++round) {
    const Shared<std::atomic<uint64_t>> counter;
    const Handshake runs;
    ScopedChild child = Fork([&] {
      runs.Notify();
      while (true) counter->fetch_add(1);
    });
    ASSERT_TRUE(runs.Await());
    ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGKILL));
    (void)child.AwaitZombie();
    const uint64_t at_zombie = counter->load();
    EXPECT_EQ(child.Reap(), SIGKILL);
    EXPECT_EQ(counter->load(), at_zombie);
  }
}

PROMISE(ExitOrder, ChildrenHaveTheirNewParent,
        {
            .says = "When a process can be waited for, its children already have their new parent.",
            .item = "342",
            .authority = "kernel/exit.c exit_notify() forget_original_parent() before the zombie",
        }) {
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_CHILD_SUBREAPER, 1));
  for (int round = 0; AnotherRound(round, kRounds); ++round) {
    const Shared<std::atomic<pid_t>> orphan;
    const Handshake release;
    ScopedChild middle = Fork([&] {
      const pid_t pid = ::fork();
      if (pid == 0) ::_exit(release.Await() ? 27 : 1);
      orphan->store(pid);
      ::_exit(0);
    });
    (void)middle.AwaitZombie();
    EXPECT_EQ(Stat(orphan->load()).ParentPid(), ::getpid()) << "round " << round;
    release.Notify();
    EXPECT_EQ(Wait4(orphan->load(), 0).status, 27 << 8);
    EXPECT_EQ(middle.Reap(), 0);
  }
}

PROMISE(ExitOrder, DeathSignalIsPending,
        {
            .says = "When a process can be waited for, the PR_SET_PDEATHSIG of its children is "
                    "already pending.",
            .item = "342",
            .authority = "PR_SET_PDEATHSIG(2const); kernel/exit.c forget_original_parent()",
        }) {
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_CHILD_SUBREAPER, 1));
  for (int round = 0; AnotherRound(round, kRounds); ++round) {
    const Shared<std::atomic<pid_t>> orphan;
    const Handshake armed;
    const Handshake release;
    ScopedChild middle = Fork([&] {
      const BlockedSignal usr1(SIGUSR1);
      const pid_t pid = ::fork();
      if (pid == 0) {
        (void)::prctl(PR_SET_PDEATHSIG, SIGUSR1);
        armed.Notify();
        ::_exit(release.Await() ? 28 : 1);
      }
      orphan->store(pid);
      ::_exit(armed.Await() ? 0 : 1);
    });
    (void)middle.AwaitZombie();
    EXPECT_EQ(MaskOf(orphan->load(), "ShdPnd"), SignalBit(SIGUSR1)) << "round " << round;
    release.Notify();
    EXPECT_EQ(Wait4(orphan->load(), 0).status, 28 << 8);
    EXPECT_EQ(middle.Reap(), 0);
  }
}

PROMISE(ExitOrder, SocketPeerSeesTheEnd,
        {
            .says = "When a child can be waited for, the peer of its socket reads the written "
                    "bytes and then end of file.",
            .item = "336 209",
            .authority = "kernel/exit.c exit_files() comes before exit_notify(); unix(7)",
        }) {
  for (int round = 0; AnotherRound(round, kRounds); ++round) {
    int ends[2];
    ASSERT_SYSCALL_SUCCEEDS(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
    const sys::Fd ours(ends[0]);
    sys::Fd theirs(ends[1]);
    ScopedChild child = Fork([&] { return ::write(theirs.Get(), "ab", 2) == 2 ? 0 : 1; });
    theirs.Close();
    (void)child.AwaitZombie();
    char text[8];
    EXPECT_EQ(::recv(ours.Get(), text, sizeof text, MSG_DONTWAIT), 2) << "round " << round;
    EXPECT_EQ(::recv(ours.Get(), text, sizeof text, MSG_DONTWAIT), 0) << "round " << round;
    EXPECT_EQ(child.Reap(), 0);
  }
}

PROMISE(ExitOrder, TimersOfTheDeadDoNotFire,
        {
            .says = "The alarm of a process that has ended is not delivered to the next process "
                    "with its pid.",
            .item = "347",
            .authority = "kernel/exit.c do_exit() exit_itimers()",
            .since = "5.5",
        }) {
  // The timer of the first process has fired once and is periodic. The second process outlives many
  // such periods.
  ScopedChild first = Fork([] {
    const BlockedSignal alarm(SIGALRM);
    const itimerval every_5_ms{{0, 5'000}, {0, 5'000}};
    if (::setitimer(ITIMER_REAL, &every_5_ms, nullptr) != 0) return 1;
    return alarm.Take().si_signo == SIGALRM ? 0 : 2;
  });
  const pid_t wanted = first.Number();
  ASSERT_EQ(first.Reap(), 0);
  const pid_t pid = RawClone3(WithPid(&wanted));
  if (pid == 0) {
    // Waits for a timer of its own that is much longer than the other one's period.
    const BlockedSignal own(SIGUSR1);
    timer_t timer{};
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGUSR1;
    const itimerspec later{{0, 0}, {0, 60'000'000}};
    if (::timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) ::_exit(1);
    if (::timer_settime(timer, 0, &later, nullptr) != 0) ::_exit(2);
    ::_exit(own.Take().si_signo == SIGUSR1 ? 29 : 3);
  }
  if (pid < 0 && errno == EPERM) GTEST_SKIP() << "set_tid needs CAP_SYS_ADMIN here";
  ASSERT_EQ(pid, wanted);
  EXPECT_EQ(Wait4(pid, 0).status, 29 << 8) << "SIGALRM would have ended it";
}

}  // namespace
}  // namespace procmark::conformance
