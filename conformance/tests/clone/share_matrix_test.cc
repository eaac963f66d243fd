// SPDX-License-Identifier: MIT
// The share matrix: each legal combination of CLONE_VM, CLONE_FS, CLONE_FILES and CLONE_SIGHAND.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <csignal>
#include <cstdint>

#include "conformance/vocabulary/descriptors.h"
#include "conformance/vocabulary/memory.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/signals.h"
#include "conformance/vocabulary/syscall_result.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

void DoNothingElse(int) {}

constexpr const char* kAuthority =
    "clone(2); kernel/fork.c copy_mm(), copy_fs(), copy_files(), copy_sighand()";

// What a child changes, and what its parent then looks at.
struct Changes {
  int data_word = 0;      // on the stack of the test
  int* mapped = nullptr;  // in a private mapping
  int kept = -1;          // the child clears its close-on-exec flag
  int closed = -1;        // the child closes it
  int opened = -1;        // the child opens a descriptor with this number
};

// Runs in the child, without allocation. 0, or the number of the step that failed.
int ChangeEverything(Changes* changes) {
  changes->data_word = 1;
  *changes->mapped = 1;
  if (::chdir("/proc") != 0) return 1;
  (void)::umask(0153);
  if (::fcntl(changes->kept, F_SETFD, 0) != 0) return 2;
  if (::close(changes->closed) != 0) return 3;
  if (::fcntl(changes->kept, F_DUPFD, changes->opened) != changes->opened) return 4;
  struct sigaction action {};
  action.sa_handler = DoNothing;
  if (::sigaction(SIGUSR1, &action, nullptr) != 0) return 5;
  action.sa_handler = SIG_DFL;
  return ::sigaction(SIGUSR2, &action, nullptr) == 0 ? 0 : 6;
}

void ExpectMemory(const Changes& changes, bool shared) {
  // volatile, because the compiler does not know that the child may write to the words.
  EXPECT_EQ(*static_cast<const volatile int*>(&changes.data_word), shared ? 1 : 0);
  EXPECT_EQ(*static_cast<const volatile int*>(changes.mapped), shared ? 1 : 0);
}

void ExpectFolders(bool shared) {
  char folder[PATH_MAX] = "";
  ASSERT_NE(::getcwd(folder, sizeof folder), nullptr);
  EXPECT_STREQ(folder, shared ? "/proc" : "/");
  EXPECT_EQ(::umask(0), shared ? 0153U : 0077U);
}

void ExpectDescriptors(const Changes& changes, bool shared) {
  EXPECT_EQ(::fcntl(changes.kept, F_GETFD), shared ? 0 : FD_CLOEXEC);
  EXPECT_EQ(::fcntl(changes.closed, F_GETFD), shared ? -1 : FD_CLOEXEC);
  EXPECT_EQ(::fcntl(changes.opened, F_GETFD), shared ? 0 : -1);
}

void ExpectActions(bool shared) {
  struct sigaction action {};
  ASSERT_SYSCALL_SUCCEEDS(::sigaction(SIGUSR1, nullptr, &action));
  EXPECT_EQ(action.sa_handler, shared ? DoNothing : SIG_DFL);
  ASSERT_SYSCALL_SUCCEEDS(::sigaction(SIGUSR2, nullptr, &action));
  EXPECT_EQ(action.sa_handler, shared ? SIG_DFL : DoNothingElse);
}

// Makes a child with these flags that changes everything, and checks in this process that exactly
// the named resources have changed.
void CheckSharing(int flags) {
  const sys::Fd kept = MemoryFile();
  sys::Fd closed = MemoryFile();
  char* const page = NewMemory(4096);
  ASSERT_SYSCALL_SUCCEEDS(::chdir("/"));
  (void)::umask(0077);
  ASSERT_NE(::signal(SIGUSR1, SIG_DFL), SIG_ERR);
  ASSERT_NE(::signal(SIGUSR2, DoNothingElse), SIG_ERR);
  Changes changes;
  changes.mapped = reinterpret_cast<int*>(page);
  *changes.mapped = 0;
  changes.kept = kept.Get();
  changes.closed = closed.Get();
  changes.opened = 200;
  const auto change = [&changes] { return ChangeEverything(&changes); };
  if ((flags & CLONE_VM) != 0) {
    ScopedChild child = CloneSharingMemory(flags | SIGCHLD, change);
    ASSERT_EQ(child.Reap(), 0) << "exit status: the step of ChangeEverything that failed";
  } else {
    const CloneArguments arguments{.flags = static_cast<uint64_t>(flags), .exit_signal = SIGCHLD};
    ScopedChild child = Clone(arguments, change);
    ASSERT_EQ(child.Reap(), 0) << "exit status: the step of ChangeEverything that failed";
  }
  ExpectMemory(changes, (flags & CLONE_VM) != 0);
  ExpectFolders((flags & CLONE_FS) != 0);
  ExpectDescriptors(changes, (flags & CLONE_FILES) != 0);
  ExpectActions((flags & CLONE_SIGHAND) != 0);
  if ((flags & CLONE_FILES) != 0) (void)closed.Release();  // the child closed it
  EXPECT_SYSCALL_SUCCEEDS(::munmap(page, 4096));
}

PROMISE(ShareMatrix, NothingWithoutFlags,
        {
            .says = "A clone without flags shares neither memory, file-system information, "
                    "descriptors nor signal handlers.",
            .item = "92",
            .authority = kAuthority,
        }) {
  CheckSharing(0);
}

PROMISE(ShareMatrix, MemoryAlone,
        {
            .says = "CLONE_VM alone shares the memory and nothing else.",
            .item = "93",
            .authority = kAuthority,
        }) {
  CheckSharing(CLONE_VM);
}

PROMISE(ShareMatrix, FoldersAlone,
        {
            .says = "CLONE_FS alone shares the working directory and umask and nothing else.",
            .item = "94",
            .authority = kAuthority,
        }) {
  CheckSharing(CLONE_FS);
}

PROMISE(ShareMatrix, DescriptorsAlone,
        {
            .says = "CLONE_FILES alone shares the descriptor table and nothing else.",
            .item = "95",
            .authority = kAuthority,
        }) {
  CheckSharing(CLONE_FILES);
}

PROMISE(ShareMatrix, MemoryAndActions,
        {
            .says = "CLONE_VM with CLONE_SIGHAND shares only the memory and the signal handlers.",
            .item = "96",
            .authority = kAuthority,
        }) {
  CheckSharing(CLONE_VM | CLONE_SIGHAND);
}

PROMISE(ShareMatrix, MemoryAndFolders,
        {
            .says = "CLONE_VM with CLONE_FS shares only the memory and the file-system "
                    "information.",
            .item = "97",
            .authority = kAuthority,
        }) {
  CheckSharing(CLONE_VM | CLONE_FS);
}

PROMISE(ShareMatrix, MemoryAndDescriptors,
        {
            .says = "CLONE_VM with CLONE_FILES shares only the memory and the descriptor table.",
            .item = "98",
            .authority = kAuthority,
        }) {
  CheckSharing(CLONE_VM | CLONE_FILES);
}

PROMISE(ShareMatrix, FoldersAndDescriptors,
        {
            .says = "CLONE_FS with CLONE_FILES shares only the file-system information and the "
                    "descriptor table.",
            .item = "99",
            .authority = kAuthority,
        }) {
  CheckSharing(CLONE_FS | CLONE_FILES);
}

PROMISE(ShareMatrix, MemoryActionsAndFolders,
        {
            .says = "CLONE_VM, CLONE_SIGHAND and CLONE_FS share everything except the descriptor "
                    "table.",
            .item = "100",
            .authority = kAuthority,
        }) {
  CheckSharing(CLONE_VM | CLONE_SIGHAND | CLONE_FS);
}

PROMISE(ShareMatrix, MemoryActionsAndDescriptors,
        {
            .says = "CLONE_VM, CLONE_SIGHAND and CLONE_FILES share everything except the "
                    "file-system information.",
            .item = "101",
            .authority = kAuthority,
        }) {
  CheckSharing(CLONE_VM | CLONE_SIGHAND | CLONE_FILES);
}

PROMISE(ShareMatrix, MemoryFoldersAndDescriptors,
        {
            .says = "CLONE_VM, CLONE_FS and CLONE_FILES share everything except the signal "
                    "handlers.",
            .item = "102",
            .authority = kAuthority,
        }) {
  CheckSharing(CLONE_VM | CLONE_FS | CLONE_FILES);
}

PROMISE(ShareMatrix, Everything,
        {
            .says = "CLONE_VM, CLONE_SIGHAND, CLONE_FS and CLONE_FILES share all four.",
            .item = "103",
            .authority = kAuthority,
        }) {
  CheckSharing(CLONE_VM | CLONE_SIGHAND | CLONE_FS | CLONE_FILES);
}

}  // namespace
}  // namespace procmark::conformance
