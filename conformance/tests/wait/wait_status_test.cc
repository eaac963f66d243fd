// SPDX-License-Identifier: MIT
// The raw status and the siginfo that a wait returns.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"

namespace procmark::conformance {
namespace {

PROMISE(WaitStatus, OfEveryExitCode,
        {
            .says = "The raw status of _exit(n) is (n & 0377) << 8 with no other bit, for each of "
                    "the 256 values, and only the low 8 bits of n count.",
            .item = "176",
            .authority = "wait(2), exit(2); kernel/exit.c do_exit()",
        }) {
  for (int code = 0; code < 256; ++code) {
    ScopedChild child = Fork([code] { return code + 256 * (code % 3); });
    const siginfo_t end = child.AwaitZombie();
    EXPECT_EQ(end.si_status, code);
    const Waited waited = Wait4(child.Number(), 0);
    EXPECT_EQ(waited.pid, child.Number());
    EXPECT_EQ(waited.status, code << 8);
  }
}

PROMISE(WaitStatus, OfDeathBySignal,
        {
            .says = "The raw status of a death by a signal without a core dump is the signal's "
                    "number.",
            .item = "177 186",
            .authority = "wait(2), signal(7)",
        }) {
  for (const int signal : {SIGHUP, SIGINT, SIGKILL, SIGUSR1, SIGPIPE, SIGALRM, SIGTERM, SIGRTMAX}) {
    ScopedChild child = Fork(PauseForever);
    ASSERT_SYSCALL_SUCCEEDS(child.Signal(signal));
    const siginfo_t end = child.AwaitZombie();
    EXPECT_EQ(end.si_code, CLD_KILLED);
    EXPECT_EQ(end.si_status, signal);
    EXPECT_EQ(child.Reap(), signal);
  }
}

PROMISE(WaitStatus, OfStopAndContinue,
        {
            .says = "The status of a stop is (signal << 8) | 0x7f, that of a continue is 0xffff, "
                    "and each is reported once.",
            .item = "177 188",
            .authority = "wait(2); kernel/exit.c wait_task_stopped(), wait_task_continued()",
        }) {
  const ScopedChild child = Fork(PauseForever);
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGSTOP));
  EXPECT_EQ(Wait4(child.Number(), WUNTRACED).status, (SIGSTOP << 8) | 0x7f);
  EXPECT_EQ(Wait4(child.Number(), WUNTRACED | WNOHANG).pid, 0) << "a stop is reported once";
  ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGCONT));
  EXPECT_EQ(Wait4(child.Number(), WCONTINUED).status, 0xffff);
  EXPECT_EQ(Wait4(child.Number(), WCONTINUED | WNOHANG).pid, 0) << "a continue is reported once";
}

PROMISE(WaitStatus, SiginfoIsWhole,
        {
            .says = "waitid fills si_signo with SIGCHLD, si_pid, si_uid with the child's real uid, "
                    "si_code and si_status.",
            .item = "186",
            .authority = "waitid(2); kernel/exit.c wait_task_zombie()",
        }) {
  ScopedChild child = Fork([] { return 5; });
  const WaitedId waited = WaitId(P_PID, child.Number(), WEXITED);
  EXPECT_EQ(waited.result, 0);
  EXPECT_EQ(waited.info.si_signo, SIGCHLD);
  EXPECT_EQ(waited.info.si_pid, child.Number());
  EXPECT_EQ(waited.info.si_uid, ::getuid());
  EXPECT_EQ(waited.info.si_code, CLD_EXITED);
  EXPECT_EQ(waited.info.si_status, 5);
}

}  // namespace
}  // namespace procmark::conformance
