// SPDX-License-Identifier: MIT
// Which flags clone(2) and clone3(2) accept together: one rule per test.
#include "conformance/vocabulary/clone_flags.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>

#include "conformance/vocabulary/clone_probe.h"
#include "conformance/vocabulary/memory.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

PROMISE(CloneFlags, SighandNeedsVm,
        {
            .says = "CLONE_SIGHAND without CLONE_VM fails with EINVAL for clone and clone3, "
                    "whatever other flags there are, and clone accepts it with CLONE_VM.",
            .item = "115",
            .authority = "clone(2) ERRORS; kernel/fork.c copy_process()",
        }) {
  ExpectInvalidFlags(CLONE_SIGHAND, SIGCHLD);
  ExpectInvalidFlags(CLONE_SIGHAND | CLONE_FS, SIGCHLD);
  for (const uint64_t others : HarmlessFlags()) {
    const auto legal = static_cast<int>(CLONE_SIGHAND | CLONE_VM | others | SIGCHLD);
    EXPECT_ERRNO(LegacyCloneError(legal), 0) << "the control: " << FlagsText(others);
  }
}

PROMISE(CloneFlags, ThreadNeedsSighand,
        {
            .says = "CLONE_THREAD without CLONE_SIGHAND fails with EINVAL, even with CLONE_VM, and "
                    "makes a thread with both.",
            .item = "116",
            .authority = "clone(2) ERRORS; kernel/fork.c copy_process()",
        }) {
  ExpectInvalidFlags(CLONE_THREAD, 0);
  ExpectInvalidFlags(CLONE_THREAD | CLONE_VM, 0);
  ExpectInvalidFlags(CLONE_THREAD | CLONE_VM | CLONE_FS, 0);
  EXPECT_ERRNO(LegacyCloneError(CLONE_THREAD | CLONE_SIGHAND | CLONE_VM), 0) << "the control";
}

PROMISE(CloneFlags, ContradictoryFlagsAreEinval,
        {
            .says = "clone3 fails with EINVAL for SIGHAND without VM, for THREAD without SIGHAND, "
                    "for a new mount or user namespace with FS, and for a new pid or user "
                    "namespace with THREAD.",
            .item = "115 116 117 118",
            .authority = "clone(2) ERRORS; kernel/fork.c copy_process()",
        }) {
  EXPECT_ERRNO(Clone3FlagsError(CLONE_FILES, SIGCHLD), 0) << "the control: a valid call";
  EXPECT_ERRNO(Clone3FlagsError(CLONE_SIGHAND, SIGCHLD), EINVAL);
  EXPECT_ERRNO(Clone3FlagsError(CLONE_THREAD, 0), EINVAL);
  EXPECT_ERRNO(Clone3FlagsError(CLONE_NEWNS | CLONE_FS, SIGCHLD), EINVAL);
  EXPECT_ERRNO(Clone3FlagsError(CLONE_NEWUSER | CLONE_FS, SIGCHLD), EINVAL);
  EXPECT_ERRNO(Clone3FlagsError(CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_NEWPID, 0), EINVAL);
  EXPECT_ERRNO(Clone3FlagsError(CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_NEWUSER, 0),
               EINVAL);
}

PROMISE(CloneFlags, LegacyPidfdForbidsDetached,
        {
            .says = "clone with CLONE_PIDFD and the unused flag CLONE_DETACHED fails with EINVAL, "
                    "and ignores CLONE_DETACHED alone.",
            .item = "120 139",
            .authority = "clone(2) CLONE_DETACHED, ERRORS; kernel/fork.c copy_process()",
            .since = "5.2",
        }) {
  int pidfd = -1;
  EXPECT_ERRNO(LegacyCloneError(CLONE_PIDFD | static_cast<int>(CLONE_DETACHED) | SIGCHLD, &pidfd),
               EINVAL);
  EXPECT_EQ(pidfd, -1);
  EXPECT_ERRNO(LegacyCloneError(static_cast<int>(CLONE_DETACHED) | SIGCHLD), 0);
  EXPECT_ERRNO(LegacyCloneError(CLONE_PIDFD | SIGCHLD, &pidfd), 0) << "the control";
  const sys::Fd owned(pidfd);
  EXPECT_TRUE(owned.Valid());
}

PROMISE(CloneFlags, PidfdContradictionsAreEinval,
        {
            .says = "clone3 with CLONE_PIDFD and CLONE_DETACHED fails with EINVAL, as do clone "
                    "with CLONE_PIDFD and CLONE_PARENT_SETTID, and clone3 with both at one "
                    "address.",
            .item = "120 135",
            .authority = "clone(2) ERRORS; kernel/fork.c kernel_clone()",
            .since = "5.10",
        }) {
  int pidfd = -1;
  pid_t tid = -1;
  CloneArguments arguments{.flags = CLONE_PIDFD | CLONE_PARENT_SETTID, .exit_signal = SIGCHLD};
  arguments.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  arguments.parent_tid = reinterpret_cast<uint64_t>(&pidfd);
  EXPECT_ERRNO(Clone3Error(arguments), EINVAL);
  arguments.parent_tid = reinterpret_cast<uint64_t>(&tid);
  EXPECT_ERRNO(Clone3Error(arguments), 0);
  const sys::Fd owned(pidfd);
  EXPECT_TRUE(owned.Valid());
  EXPECT_GT(tid, 0);
  EXPECT_ERRNO(Clone3FlagsError(CLONE_PIDFD | CLONE_DETACHED, SIGCHLD), EINVAL);
  const StackMemory stack;
  const auto end_at_once = [](void*) { return 0; };
  EXPECT_SYSCALL_FAILS(::clone(end_at_once, stack.Top(),
                               CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, nullptr, &pidfd),
                       EINVAL);
}

PROMISE(CloneFlags, PidfdOfAThreadNeedsThreadPidfds,
        {
            .says = "CLONE_PIDFD with CLONE_THREAD fails with EINVAL where there are no pidfds of "
                    "threads (up to 6.8), and makes one where there are.",
            .item = "121",
            .authority = "clone(2) CLONE_PIDFD; kernel/fork.c copy_process()",
            .kind = Kind::kVersion,
        }) {
  const sys::Fd probe(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), O_EXCL)));
  int pidfd = -1;
  const int error = LegacyCloneError(CLONE_PIDFD | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, &pidfd);
  const sys::Fd owned(pidfd);
  EXPECT_EQ(error, probe.Valid() ? 0 : EINVAL);
  EXPECT_EQ(owned.Valid(), probe.Valid());
}

PROMISE(CloneFlags, Clone3RefusesSignalBits,
        {
            .says = "clone3 refuses each bit of the former exit signal's byte in its flags, except "
                    "0x80, which is CLONE_NEWTIME there.",
            .item = "126",
            .authority = "clone3(2); kernel/fork.c clone3_args_valid()",
            .since = "5.3",
        }) {
  for (uint64_t bit = 1; bit < CLONE_NEWTIME; bit <<= 1) {
    EXPECT_ERRNO(Clone3FlagsError(bit, SIGCHLD), EINVAL) << FlagsText(bit);
    EXPECT_ERRNO(Clone3FlagsError(bit | CLONE_FILES, SIGCHLD), EINVAL) << FlagsText(bit);
  }
}

PROMISE(CloneFlags, Clone3AcceptsNewTime,
        {
            .says = "clone3 accepts CLONE_NEWTIME, although its bit lies in the former exit "
                    "signal's byte.",
            .item = "126",
            .authority = "time_namespaces(7); kernel/fork.c clone3_args_valid(); stable 5.10.175, "
                         "6.1.20",
            .since = "5.10.175",
        }) {
  if (::access("/proc/self/ns/time", F_OK) != 0)
    GTEST_SKIP() << "this kernel has no time namespaces";
  const int error = Clone3FlagsError(CLONE_NEWTIME, SIGCHLD);
  if (error == EPERM) GTEST_SKIP() << "a new time namespace needs CAP_SYS_ADMIN";
  EXPECT_ERRNO(error, 0);
}

PROMISE(CloneFlags, UnknownFlagsAreEinval,
        {
            .says = "clone3 refuses unknown flag bits, the bits of a signal inside the flags, and "
                    "CLONE_DETACHED.",
            .item = "126 127",
            .authority = "clone3(2); kernel/fork.c clone3_args_valid()",
            .since = "5.3",
        }) {
  EXPECT_ERRNO(Clone3FlagsError(uint64_t{1} << 63, SIGCHLD), EINVAL);
  EXPECT_ERRNO(Clone3FlagsError(uint64_t{1} << 50, SIGCHLD), EINVAL);
  EXPECT_ERRNO(Clone3FlagsError(SIGCHLD, SIGCHLD), EINVAL);
  EXPECT_ERRNO(Clone3FlagsError(0x00400000, SIGCHLD), EINVAL);
}

PROMISE(CloneFlags, EachUndefinedBitIsEinval,
        {
            .says = "clone3 refuses each of the flag bits 40 to 63, which have no meaning.",
            .item = "127",
            .authority = "clone3(2); kernel/fork.c clone3_args_valid()",
            .since = "5.3",
        }) {
  for (int bit = 40; bit < 64; ++bit) {
    EXPECT_ERRNO(Clone3FlagsError(uint64_t{1} << bit, SIGCHLD), EINVAL) << "bit " << bit;
  }
  EXPECT_ERRNO(Clone3FlagsError(0, SIGCHLD), 0) << "the control: no such bit";
}

PROMISE(CloneFlags, LegacyCloneIgnoresUpperBits,
        {
            .says = "clone uses the lower 32 bits of its flags only, so the flags of clone3 and "
                    "unknown bits above them change nothing.",
            .item = "144",
            .authority = "kernel/fork.c sys_clone() lower_32_bits()",
            .since = "5.6.14",
            .kind = Kind::kLinux,
        }) {
  if (sizeof(long) < 8) GTEST_SKIP() << "a long has no upper 32 bits here";
  ASSERT_NE(::signal(SIGUSR1, [](int) {}), SIG_ERR);
  for (const int bit : {32, 33, 34, 50, 63}) {
    const uint64_t flags = uint64_t{1} << bit | SIGCHLD;
#if defined(__s390x__)
    const long pid = ::syscall(SYS_clone, 0L, flags, 0L, 0L, 0L);
#else
    const long pid = ::syscall(SYS_clone, flags, 0L, 0L, 0L, 0L);
#endif
    if (pid == 0) {
      struct sigaction action {};
      (void)::sigaction(SIGUSR1, nullptr, &action);
      ::_exit(action.sa_handler == SIG_DFL ? 1 : 0);  // bit 32 is CLONE_CLEAR_SIGHAND in clone3
    }
    ASSERT_GT(pid, 0) << "bit " << bit;
    EXPECT_EQ(Wait4(static_cast<pid_t>(pid), 0).status, 0) << "bit " << bit;
  }
}

PROMISE(CloneFlags, NewestFlagsComeTogether,
        {
            .says = "CLONE_AUTOREAP, CLONE_NNP and CLONE_PIDFD_AUTOKILL either all fail with "
                    "EINVAL (up to 6.18) or are all accepted (from 7.1 on).",
            .item = "137",
            .authority = "kernel/fork.c clone3_args_valid()",
            .kind = Kind::kVersion,
        }) {
  const int expected = HasCloneAutoreap() ? 0 : EINVAL;
  EXPECT_ERRNO(Clone3FlagsError(kCloneNnp, SIGCHLD), expected);
  int pidfd = -1;
  CloneArguments arguments{.flags = kCloneAutoreap | kCloneNnp | kClonePidfdAutokill | CLONE_PIDFD};
  arguments.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  EXPECT_ERRNO(Clone3Error(arguments), expected);
  const sys::Fd owned(pidfd);
  EXPECT_EQ(owned.Valid(), expected == 0);
}

}  // namespace
}  // namespace procmark::conformance
