// SPDX-License-Identifier: MIT
// The record that process accounting writes when a process ends.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/acct.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <map>

#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/tasks.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

constexpr const char* kRecords = "/tmp/records";

// The records by pid, of the version that Debian's kernels write (CONFIG_BSD_PROCESS_ACCT_V3).
std::map<pid_t, acct_v3> RecordsByPid() {
  const sys::Fd file(::open(kRecords, O_RDONLY | O_CLOEXEC));
  std::map<pid_t, acct_v3> records;
  acct_v3 record{};
  while (file.Valid() && ::read(file.Get(), &record, sizeof record) == sizeof record) {
    if ((record.ac_version & 0xf) == 3) records[static_cast<pid_t>(record.ac_pid)] = record;
  }
  return records;
}

PROMISE(ExitAccount, IsWrittenWhenTheChildCanBeWaitedFor,
        {
            .says = "With accounting on, the record of a process is in the file when the process "
                    "can be waited for, with its pid, parent and raw status, and with AFORK unless "
                    "it called execve.",
            .item = "346",
            .authority = "acct(2), acct(5); kernel/acct.c acct_process(), before kernel/exit.c "
                         "exit_notify()",
        }) {
  if (!InOwnPidNamespace())
    GTEST_SKIP() << "needs a pid namespace of its own, because accounting is switched on per "
                    "namespace";
  { const sys::Fd made(::open(kRecords, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)); }
  if (::acct(kRecords) != 0) {
    const int error = errno;
    (void)::unlink(kRecords);
    GTEST_SKIP() << (error == ENOSYS ? "this kernel has no process accounting"
                                     : "acct(2) is refused here: ")
                 << ErrnoText(error);
  }
  const ScopedChild forked = Fork([] { return 3; });
  (void)forked.AwaitZombie();
  const ScopedChild execed = Fork([] { return ExecHelper(kExitWith, {"5"}); });
  (void)execed.AwaitZombie();
  const ScopedChild killed = Fork(PauseForever);
  ASSERT_SYSCALL_SUCCEEDS(killed.Signal(SIGTERM));
  (void)killed.AwaitZombie();
  std::map<pid_t, acct_v3> records = RecordsByPid();
  EXPECT_SYSCALL_SUCCEEDS(::acct(nullptr));
  (void)::unlink(kRecords);
  const auto status_of = [&](const ScopedChild& child) {
    return static_cast<int>(records[child.Number()].ac_exitcode);
  };
  EXPECT_EQ(records.size(), 3U);
  EXPECT_EQ(status_of(forked), 3 << 8);
  EXPECT_EQ(status_of(execed), 5 << 8);
  EXPECT_EQ(status_of(killed), SIGTERM);
  EXPECT_EQ(records[forked.Number()].ac_flag & AFORK, AFORK);
  EXPECT_EQ(records[execed.Number()].ac_flag & AFORK, 0);
  EXPECT_EQ(records[killed.Number()].ac_flag & AXSIG, AXSIG);
  EXPECT_EQ(records[forked.Number()].ac_flag & AXSIG, 0);
  EXPECT_EQ(static_cast<pid_t>(records[forked.Number()].ac_ppid), ::getpid());
}

}  // namespace
}  // namespace procmark::conformance
