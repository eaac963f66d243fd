// SPDX-License-Identifier: MIT
// Single resources that a child shares with its parent, and some that it never shares.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>
#include <string>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/clone_probe.h"
#include "conformance/vocabulary/descriptors.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/memory.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/signals.h"
#include "conformance/vocabulary/syscall_result.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

// What a child changes, and what its parent then looks at.
struct Resources {
  int memory_word = 0;
  int descriptor = -1;
};

// Changes a memory word, the working directory and umask, a descriptor and a signal handler.
int ChangeAll(Resources* resources) {
  resources->memory_word = 1;
  if (::chdir("/proc") != 0) return 1;
  (void)::umask(0153);
  if (::fcntl(resources->descriptor, F_SETFD, 0) != 0) return 2;
  struct sigaction action {};
  action.sa_handler = DoNothing;
  return ::sigaction(SIGUSR1, &action, nullptr) == 0 ? 0 : 3;
}

// Runs ChangeAll in a child made with these flags, and checks in this process that exactly the
// named resources have changed.
void CheckSharing(int flags) {
  SCOPED_TRACE("flags: " + std::string((flags & CLONE_VM) != 0 ? "VM " : "") +
               ((flags & CLONE_FS) != 0 ? "FS " : "") +
               ((flags & CLONE_FILES) != 0 ? "FILES " : "") +
               ((flags & CLONE_SIGHAND) != 0 ? "SIGHAND" : ""));
  const sys::Fd file = MemoryFile();
  ASSERT_SYSCALL_SUCCEEDS(::chdir("/"));
  (void)::umask(0077);
  ASSERT_NE(::signal(SIGUSR1, SIG_DFL), SIG_ERR);
  Resources resources;
  resources.descriptor = file.Get();
  if ((flags & CLONE_VM) != 0) {
    ScopedChild child =
        CloneSharingMemory(flags | SIGCHLD, [&resources] { return ChangeAll(&resources); });
    ASSERT_EQ(child.Reap(), 0);
  } else {
    const CloneArguments arguments{.flags = static_cast<uint64_t>(flags), .exit_signal = SIGCHLD};
    ScopedChild child = Clone(arguments, [&resources] { return ChangeAll(&resources); });
    ASSERT_EQ(child.Reap(), 0);
  }
  // volatile, because the compiler does not know that the child may write to the word.
  EXPECT_EQ(*static_cast<volatile int*>(&resources.memory_word), (flags & CLONE_VM) != 0 ? 1 : 0);
  char folder[PATH_MAX] = "";
  ASSERT_NE(::getcwd(folder, sizeof folder), nullptr);
  EXPECT_STREQ(folder, (flags & CLONE_FS) != 0 ? "/proc" : "/");
  EXPECT_EQ(::umask(0), (flags & CLONE_FS) != 0 ? 0153U : 0077U);
  EXPECT_EQ(::fcntl(file.Get(), F_GETFD), (flags & CLONE_FILES) != 0 ? 0 : FD_CLOEXEC);
  struct sigaction action {};
  ASSERT_SYSCALL_SUCCEEDS(::sigaction(SIGUSR1, nullptr, &action));
  EXPECT_EQ(action.sa_handler, (flags & CLONE_SIGHAND) != 0 ? DoNothing : SIG_DFL);
}

PROMISE(Share, ExactlyWhatTheFlagsName,
        {
            .says = "Each of the 12 valid combinations of CLONE_VM, CLONE_FS, CLONE_FILES and "
                    "CLONE_SIGHAND shares the named resources and no other.",
            .item = "92 93 94 95 96 97 98 99 100 101 102 103",
            .authority = "clone(2); kernel/fork.c copy_mm(), copy_fs(), copy_files(), "
                         "copy_sighand()",
        }) {
  int combinations = 0;
  for (const int memory : {0, CLONE_VM, CLONE_VM | CLONE_SIGHAND}) {
    for (const int folders : {0, CLONE_FS}) {
      for (const int files : {0, CLONE_FILES}) {
        CheckSharing(memory | folders | files);
        ++combinations;
      }
    }
  }
  EXPECT_EQ(combinations, 12);
}

// Whether a chroot by a child with these flags also moves the root of its parent, which is a
// process of its own.
int RootMovedByChild(uint64_t flags) {
  ScopedChild parent = Fork([flags] {
    const CloneArguments arguments{.flags = flags, .exit_signal = SIGCHLD};
    ScopedChild child = Clone(arguments, [] { return ::chroot("/proc") == 0 ? 0 : errno; });
    if (const int error = child.Reap() >> 8; error != 0) return 100 + error;
    const bool moved = ::access("/uptime", F_OK) == 0 && ::access("/proc/uptime", F_OK) != 0;
    return moved ? 1 : 0;
  });
  return parent.Reap() >> 8;
}

PROMISE(Share, RootFolderIsAmongTheFolders,
        {
            .says = "With CLONE_FS a chroot by the child moves its parent's root too, and without "
                    "it does not.",
            .item = "105",
            .authority = "clone(2) CLONE_FS, chroot(2)",
        }) {
  const int plain = RootMovedByChild(0);
  if (plain == 100 + EPERM) GTEST_SKIP() << "chroot needs CAP_SYS_CHROOT";
  EXPECT_EQ(plain, 0);
  EXPECT_EQ(RootMovedByChild(CLONE_FS), 1);
}

PROMISE(Share, SemaphoreUndoWaitsForTheLastSharer,
        {
            .says = "With CLONE_SYSVSEM the kernel undoes a child's semaphore operation when the "
                    "last sharer ends, not when the child ends.",
            .item = "106",
            .authority = "clone(2) CLONE_SYSVSEM, semop(2) SEM_UNDO; ipc/sem.c exit_sem()",
        }) {
  const int set = ::semget(IPC_PRIVATE, 1, 0600);
  ASSERT_GE(set, 0);
  const auto value = [set] { return ::semctl(set, 0, GETVAL); };
  const ChildChecks checks(4);
  for (const uint64_t flags : {uint64_t{CLONE_SYSVSEM}, uint64_t{0}}) {
    ScopedChild sharer = Fork([&] {
      const CloneArguments arguments{.flags = flags, .exit_signal = SIGCHLD};
      ScopedChild child = Clone(arguments, [set] {
        sembuf up{0, 4, SEM_UNDO};
        return ::semop(set, &up, 1) == 0 ? 0 : 1;
      });
      (void)child.AwaitZombie();
      CHILD_EXPECT_EQ(checks, value(), flags == 0 ? 0 : 4);
      CHILD_EXPECT_EQ(checks, child.Reap(), 0);
    });
    (void)sharer.AwaitZombie();
    EXPECT_EQ(value(), 0) << "the last sharer has ended";
    EXPECT_EQ(sharer.Reap(), 0);
  }
  EXPECT_SYSCALL_SUCCEEDS(::semctl(set, 0, IPC_RMID));
}

// kcmp(2) of the caller and a child: 0 when they share the resource, 1 or 2 when they do not.
long Compare(pid_t child, int type) {
  return ::syscall(SYS_kcmp, ::getpid(), child, type, 0UL, 0UL);
}

void ExpectComparison(pid_t child, uint64_t flags) {
  const struct {
    const char* name;
    int type;
    uint64_t flag;
  } rows[] = {{"memory", KCMP_VM, CLONE_VM},      {"descriptors", KCMP_FILES, CLONE_FILES},
              {"folders", KCMP_FS, CLONE_FS},     {"actions", KCMP_SIGHAND, CLONE_SIGHAND},
              {"I/O context", KCMP_IO, CLONE_IO}, {"undo list", KCMP_SYSVSEM, CLONE_SYSVSEM}};
  for (const auto& row : rows) {
    const long answer = Compare(child, row.type);
    EXPECT_GE(answer, 0) << row.name << ": " << ErrnoText(errno);
    EXPECT_EQ(answer == 0, (flags & row.flag) != 0) << row.name << ", flags " << flags;
  }
}

PROMISE(Share, KcmpAgreesWithEveryCombination,
        {
            .says = "kcmp says the same as the flags of clone about memory, descriptors, "
                    "file-system information, signal handlers, I/O context and undo list, for each "
                    "of the 48 valid combinations.",
            .item = "111 112",
            .authority = "kcmp(2), clone(2)",
            .since = "3.5",
        }) {
  // kcmp calls two processes without an I/O context or an undo list equal, so the parent makes its
  // own first.
  constexpr int kWhoProcess = 1;
  constexpr int kBestEffortFive = (2 << 13) | 5;
  ASSERT_SYSCALL_SUCCEEDS(::syscall(SYS_ioprio_set, kWhoProcess, 0, kBestEffortFive));
  const int set = ::semget(IPC_PRIVATE, 1, 0600);
  ASSERT_GE(set, 0);
  sembuf up{0, 1, SEM_UNDO};
  ASSERT_SYSCALL_SUCCEEDS(::semop(set, &up, 1));
  const bool absent = Compare(::getpid(), KCMP_VM) != 0;
  const int error = errno;
  int combinations = 0;
  for (const uint64_t memory :
       {uint64_t{0}, uint64_t{CLONE_VM}, uint64_t{CLONE_VM | CLONE_SIGHAND}}) {
    for (const uint64_t others : UnionsOf({CLONE_FS, CLONE_FILES, CLONE_SYSVSEM, CLONE_IO})) {
      if (absent) continue;
      const Handshake end;
      const uint64_t flags = memory | others;
      if (memory != 0) {
        ScopedChild child = CloneSharingMemory(static_cast<int>(flags) | SIGCHLD,
                                               [&] { return end.Await() ? 0 : 1; });
        ExpectComparison(child.Number(), flags);
        end.Notify();
        EXPECT_EQ(child.Reap(), 0);
      } else {
        const CloneArguments arguments{.flags = flags, .exit_signal = SIGCHLD};
        ScopedChild child = Clone(arguments, [&] { return end.Await() ? 0 : 1; });
        ExpectComparison(child.Number(), flags);
        end.Notify();
        EXPECT_EQ(child.Reap(), 0);
      }
      ++combinations;
    }
  }
  EXPECT_SYSCALL_SUCCEEDS(::semctl(set, 0, IPC_RMID));
  if (absent) GTEST_SKIP() << "kcmp does not work here: " << ErrnoText(error);
  EXPECT_EQ(combinations, 48);
}

PROMISE(Share, IoPriorityIsSharedWithTheContext,
        {
            .says = "With CLONE_IO an I/O priority that the child sets is also its parent's.",
            .item = "112",
            .authority = "clone(2) CLONE_IO; block/ioprio.c, block/blk-ioc.c __copy_io()",
            .since = "2.6.25",
        }) {
  constexpr int kWhoProcess = 1;
  constexpr int kClassBestEffort = 2 << 13;
  ASSERT_SYSCALL_SUCCEEDS(::syscall(SYS_ioprio_set, kWhoProcess, 0, kClassBestEffort | 5));
  for (const uint64_t flags : {uint64_t{0}, uint64_t{CLONE_IO}}) {
    const CloneArguments arguments{.flags = flags, .exit_signal = SIGCHLD};
    ScopedChild child = Clone(arguments, [] {
      return static_cast<int>(::syscall(SYS_ioprio_set, kWhoProcess, 0, kClassBestEffort | 3));
    });
    EXPECT_EQ(child.Reap(), 0);
    EXPECT_EQ(::syscall(SYS_ioprio_get, kWhoProcess, 0), kClassBestEffort | (flags == 0 ? 5 : 3));
  }
}

PROMISE(Share, SignalMaskIsNeverShared,
        {
            .says = "The signal mask of a child is its own, whatever it shares.",
            .item = "103",
            .authority = "clone(2) CLONE_SIGHAND",
        }) {
  const sigset_t none = SetOf({});
  ASSERT_SYSCALL_SUCCEEDS(::sigprocmask(SIG_SETMASK, &none, nullptr));
  ScopedChild child =
      CloneSharingMemory(CLONE_VM | CLONE_SIGHAND | CLONE_FS | CLONE_FILES | SIGCHLD, [] {
        const sigset_t set = SetOf({SIGUSR1});
        return ::sigprocmask(SIG_BLOCK, &set, nullptr);
      });
  ASSERT_EQ(child.Reap(), 0);
  sigset_t now;
  ASSERT_SYSCALL_SUCCEEDS(::sigprocmask(SIG_SETMASK, nullptr, &now));
  EXPECT_EQ(::sigismember(&now, SIGUSR1), 0);
}

PROMISE(Share, PendingSignalsAreNeverShared,
        {
            .says = "Processes that share everything have pending signals of their own.",
            .item = "103",
            .authority = "clone(2) CLONE_SIGHAND (\"pending signals\")",
        }) {
  const sigset_t set = SetOf({SIGUSR1});
  ASSERT_SYSCALL_SUCCEEDS(::sigprocmask(SIG_BLOCK, &set, nullptr));
  const Handshake end;
  ScopedChild child =
      CloneSharingMemory(CLONE_VM | CLONE_SIGHAND | CLONE_FS | CLONE_FILES | SIGCHLD,
                         [&end] { return end.Await() ? 0 : 1; });
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGUSR1));
  sigset_t pending;
  ASSERT_SYSCALL_SUCCEEDS(::sigpending(&pending));
  EXPECT_EQ(::sigismember(&pending, SIGUSR1), 0);
  EXPECT_EQ(MaskOf(child.Number(), "ShdPnd"), SignalBit(SIGUSR1))
      << "the control: it is pending for the child";
  end.Notify();
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(Share, HandlerSetByTheSharerRunsInTheParent,
        {
            .says = "A handler that a CLONE_SIGHAND child installs runs when its parent gets the "
                    "signal.",
            .item = "96",
            .authority = "clone(2) CLONE_SIGHAND",
        }) {
  static volatile sig_atomic_t ran;
  ran = 0;
  ASSERT_NE(::signal(SIGUSR1, SIG_IGN), SIG_ERR);
  ScopedChild child = CloneSharingMemory(CLONE_VM | CLONE_SIGHAND | SIGCHLD, [] {
    struct sigaction action {};
    action.sa_handler = [](int) { ran = 1; };
    return ::sigaction(SIGUSR1, &action, nullptr);
  });
  ASSERT_EQ(child.Reap(), 0);
  ASSERT_SYSCALL_SUCCEEDS(SignalProcess(::getpid(), SIGUSR1));
  EXPECT_EQ(ran, 1);
}

PROMISE(Share, MappingsOfTheSharerAreTheParents,
        {
            .says = "The mmap, mprotect and munmap of a CLONE_VM child act on its parent's memory.",
            .item = "93",
            .authority = "clone(2) CLONE_VM",
        }) {
  char* const removed = NewMemory(4096);
  char* added = nullptr;
  ScopedChild child = CloneSharingMemory(SIGCHLD, [&] {
    added = NewMemory(4096);
    *static_cast<volatile char*>(added) = 47;
    return ::munmap(removed, 4096);
  });
  ASSERT_EQ(child.Reap(), 0);
  unsigned char resident = 0;
  EXPECT_SYSCALL_FAILS(::mincore(removed, 4096, &resident), ENOMEM);
  EXPECT_EQ(*static_cast<volatile char*>(added), 47)
      << "the mapping stays when the child that made it has ended";
  EXPECT_SYSCALL_SUCCEEDS(::munmap(added, 4096));
}

PROMISE(Share, DescriptorOpenedByTheSharerIsTheParents,
        {
            .says = "With CLONE_FILES the parent can use a descriptor that the child opens.",
            .item = "104",
            .authority = "clone(2) CLONE_FILES",
        }) {
  const CloneArguments arguments{.flags = CLONE_FILES, .exit_signal = SIGCHLD};
  const Shared<std::atomic<int>> opened;
  ScopedChild child = Clone(arguments, [&] {
    opened->store(MemoryFile(321).Release());
    return 0;
  });
  ASSERT_EQ(child.Reap(), 0);
  const sys::Fd file(opened->load());
  struct stat status {};
  ASSERT_SYSCALL_SUCCEEDS(::fstat(file.Get(), &status));
  EXPECT_EQ(status.st_size, 321);
}

}  // namespace
}  // namespace procmark::conformance
