// SPDX-License-Identifier: MIT
// Which exit signals clone(2) and clone3(2) accept.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include "conformance/vocabulary/clone_probe.h"
#include "conformance/vocabulary/memory.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/syscall_result.h"

namespace procmark::conformance {
namespace {

PROMISE(CloneExitSignal, IsValidated,
        {
            .says = "clone3 accepts exit signals 0 to 64 and fails with EINVAL for all others, and "
                    "for any exit signal together with CLONE_THREAD or CLONE_PARENT.",
            .item = "129 130",
            .authority = "clone3(2); kernel/fork.c clone3_args_valid()",
            .since = "5.3",
        }) {
  (void)::signal(64, SIG_IGN);
  EXPECT_ERRNO(Clone3FlagsError(0, 0), 0);
  EXPECT_ERRNO(Clone3FlagsError(0, 64), 0);
  for (const uint64_t signal : {uint64_t{65}, uint64_t{0xff}, uint64_t{0x100},
                                uint64_t{SIGCHLD} | uint64_t{1} << 32, ~uint64_t{0}}) {
    EXPECT_ERRNO(Clone3FlagsError(0, signal), EINVAL) << signal;
  }
  EXPECT_ERRNO(Clone3FlagsError(CLONE_PARENT, SIGCHLD), EINVAL);
  EXPECT_ERRNO(Clone3FlagsError(CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, SIGCHLD), EINVAL);
}

PROMISE(CloneExitSignal, EachLegalSignalIsKept,
        {
            .says = "clone3 keeps each exit signal from 0 to 64 as it was given.",
            .item = "129",
            .authority = "clone3(2); proc_pid_stat(5) exit_signal",
            .since = "5.3",
        }) {
  const uint64_t all = ~uint64_t{0};  // the C library keeps signals 32 and 33 out of its own sets
  ASSERT_SYSCALL_SUCCEEDS(::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, nullptr, sizeof all));
  for (int signal = 0; signal <= 64; ++signal) {
    if (signal == SIGKILL || signal == SIGSTOP) continue;  // it would end or stop this test
    const CloneArguments arguments{.exit_signal = static_cast<uint64_t>(signal)};
    ScopedChild child = Clone(arguments, [] { return 0; });
    (void)child.AwaitZombie();
    EXPECT_EQ(Stat(child.Number()).ExitSignal(), signal);
    EXPECT_EQ(child.Reap(), 0);
  }
}

PROMISE(CloneExitSignal, LegacyThreadAndSiblingIgnoreTheSignal,
        {
            .says = "clone accepts an exit signal together with CLONE_THREAD or CLONE_PARENT, "
                    "which clone3 refuses, and gives a sibling the exit signal of its caller.",
            .item = "130 107",
            .authority = "clone(2) CLONE_PARENT, CLONE_THREAD; kernel/fork.c copy_process()",
        }) {
  const int thread = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
  EXPECT_ERRNO(LegacyCloneError(thread | SIGUSR1), 0);
  EXPECT_ERRNO(Clone3FlagsError(static_cast<uint64_t>(thread), SIGUSR1), EINVAL);
  const Shared<std::atomic<pid_t>> sibling;
  const CloneArguments own{.exit_signal = SIGUSR2};
  ASSERT_NE(::signal(SIGUSR2, SIG_IGN), SIG_ERR);
  ScopedChild caller = Clone(own, [&] {
    if (Clone3FlagsError(CLONE_PARENT, SIGUSR1) != EINVAL) return 1;
    const StackMemory stack;
    sibling->store(::clone([](void*) { return 25; }, stack.Top(), CLONE_PARENT | SIGUSR1, nullptr));
    return sibling->load() > 0 ? 0 : 2;
  });
  EXPECT_EQ(caller.Reap(), 0);
  ASSERT_GT(sibling->load(), 0);
  const WaitedId end = WaitId(P_PID, sibling->load(), WEXITED | WNOWAIT | __WALL);
  EXPECT_EQ(end.info.si_status, 25);
  EXPECT_EQ(Stat(sibling->load()).ExitSignal(), SIGUSR2);
  EXPECT_EQ(Wait4(sibling->load(), __WALL).pid, sibling->load());
}

// Up to 6.18 the call makes a child that sends no signal and can be waited for with __WCLONE only.
PROMISE(CloneExitSignal, LegacySignalBeyondTheLastIsRefused,
        {
            .says = "clone with an exit signal above 64 fails with EINVAL.",
            .item = "122",
            .authority = "kernel/fork.c kernel_clone() valid_signal()",
            .since = "6.19",
            .kind = Kind::kLinux,
        }) {
  for (const long signal : {65L, 100L, 255L}) {
#if defined(__s390x__)
    const auto pid = static_cast<pid_t>(::syscall(SYS_clone, 0L, signal, 0L, 0L, 0L));
#else
    const auto pid = static_cast<pid_t>(::syscall(SYS_clone, signal, 0L, 0L, 0L, 0L));
#endif
    if (pid == 0) ::_exit(0);
    EXPECT_SYSCALL_FAILS(pid, EINVAL) << signal;
    if (pid > 0) (void)Wait4(pid, static_cast<int>(__WCLONE));
  }
}

}  // namespace
}  // namespace procmark::conformance
