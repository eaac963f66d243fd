// SPDX-License-Identifier: MIT
// When the end of the last member frees a namespace.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/test_deadline.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

PROMISE(ExitNamespace, LastMembersEndFreesIt,
        {
            .says = "A namespace whose last member has ended is gone unless a descriptor refers to "
                    "it.",
            .item = "348",
            .authority = "namespaces(7); kernel/exit.c exit_task_namespaces()",
        }) {
  const Handshake ready;
  const Handshake end;
  const CloneArguments arguments{.flags = CLONE_NEWUTS, .exit_signal = SIGCHLD};
  if (const pid_t probe = RawClone3(arguments); probe == 0) {
    ::_exit(0);
  } else if (probe < 0) {
    GTEST_SKIP() << "this user may not make a namespace: " << ErrnoText(errno);
  } else {
    (void)Wait4(probe, 0);
  }
  ScopedChild child = Clone(arguments, [&] {
    (void)::sethostname("held", 4);
    ready.Notify();
    return end.Await() ? 0 : 1;
  });
  ASSERT_TRUE(ready.Await());
  const std::string path = ProcPath(child.Number(), "ns/uts");
  const sys::Fd held(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(held.Valid());
  end.Notify();
  (void)child.AwaitZombie();
  EXPECT_EQ(::access(path.c_str(), F_OK), -1) << "a zombie is not in a namespace any more";
  EXPECT_EQ(child.Reap(), 0);
  ScopedChild visitor = Fork([&] {
    char name[16] = "";
    if (::setns(held.Get(), CLONE_NEWUTS) != 0) return 1;
    (void)::gethostname(name, sizeof name);
    return std::string(name) == "held" ? 0 : 2;
  });
  EXPECT_EQ(visitor.Reap(), 0) << "the descriptor kept the namespace";
}

// The errno of making a uts namespace and leaving it at once.
int MakeUtsError() {
  return Fork([] { return ::unshare(CLONE_NEWUTS) == 0 ? 0 : errno; }).Reap() >> 8;
}

// In a user namespace that may have one uts namespace: checks what keeps it, and when another one
// can be made. 0, or the number of the step that failed.
int CountOwnUts() {
  if (::unshare(CLONE_NEWUSER) != 0) return 90;
  if (WriteText("/proc/sys/user/max_uts_namespaces", "1") != 0) return 1;
  if (MakeUtsError() != 0) return 2;
  const Handshake made;
  const Handshake end;
  ScopedChild member = Fork([&] {
    if (::unshare(CLONE_NEWUTS) != 0) return 1;
    made.Notify();
    return end.Await() ? 0 : 1;
  });
  if (!made.Await()) return 3;
  if (MakeUtsError() != ENOSPC) return 4;
  const std::string path = ProcPath(member.Number(), "ns/uts");
  sys::Fd held(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!held.Valid()) return 5;
  end.Notify();
  if (member.Reap() != 0) return 6;
  if (MakeUtsError() != ENOSPC) return 7;  // the descriptor keeps it
  held.Close();
  int error = ENOSPC;
  while (error == ENOSPC && !TestDeadline().Expired()) error = MakeUtsError();
  return error == 0 ? 0 : 8;
}

PROMISE(ExitNamespace, IsCountedUntilNobodyHoldsIt,
        {
            .says = "With max_uts_namespaces at 1, a second namespace fails with ENOSPC while the "
                    "first has a member or a descriptor refers to it, and can be made afterwards.",
            .item = "348",
            .authority = "namespaces(7) (The /proc/sys/user directory); kernel/ucount.c",
            .since = "4.9",
        }) {
  const int status = Fork(CountOwnUts).Reap() >> 8;
  if (status == 90) GTEST_SKIP() << "this user may not make user namespaces here";
  EXPECT_EQ(status, 0) << "1 to 8: the number of the step that failed";
}

}  // namespace
}  // namespace procmark::conformance
