// SPDX-License-Identifier: MIT
// Reparenting and threads.
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/syscall_result.h"
#include "harness/sys/proc_stat.h"

namespace procmark::conformance {
namespace {

PROMISE(ReparentThread, SubreaperWithoutLeaderAdoptsByALiveThread,
        {
            .says = "A subreaper whose leader thread has exited still adopts orphans, and its "
                    "living thread can wait for them.",
            .item = "238",
            .authority = "kernel/exit.c find_new_reaper() find_alive_thread()",
            .kind = Kind::kLinux,
        }) {
  const Handshake leader_gone;
  const ChildChecks checks(2);
  ScopedChild subreaper = Fork([&] {
    (void)::prctl(PR_SET_CHILD_SUBREAPER, 1);
    const JoinedThread thread([&] {
      (void)leader_gone.Await();
      const Shared<std::atomic<pid_t>> orphan;
      const Handshake release;
      const pid_t middle = ::fork();
      if (middle == 0) {
        const pid_t pid = ::fork();
        if (pid == 0) ::_exit(release.Await() ? 37 : 1);
        orphan->store(pid);
        ::_exit(0);
      }
      (void)Wait4(middle, 0);
      CHILD_EXPECT_EQ(checks, Stat(orphan->load()).ParentPid(), ::getpid());
      release.Notify();
      CHILD_EXPECT_EQ(checks, Wait4(orphan->load(), 0).status, 37 << 8);
      ::_exit(0);
    });
    ::syscall(SYS_exit, 0);
  });
  ASSERT_TRUE(AwaitThreadState(subreaper.Number(), subreaper.Number(), "Z"));
  leader_gone.Notify();
  EXPECT_EQ(subreaper.Reap(), 0);
}

PROMISE(ReparentThread, AllThreadsOfAnOrphanChangeParentTogether,
        {
            .says = "All threads of an orphaned process show the new parent as soon as the old one "
                    "can be waited for.",
            .item = "239",
            .authority = "kernel/exit.c forget_original_parent() (for_each_thread)",
            .kind = Kind::kLinux,
        }) {
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_CHILD_SUBREAPER, 1));
  const Handshake ready;
  const Handshake end;
  const Handshake release;
  const Shared<std::atomic<pid_t>> orphan;
  const Shared<std::atomic<pid_t>> thread_tid;
  ScopedChild middle = Fork([&] {
    if (::fork() == 0) {
      orphan->store(::getpid());
      const JoinedThread thread([&] {
        thread_tid->store(OwnTid());
        ready.Notify();
        (void)release.Await();
        ::_exit(0);
      });
      PauseForever();
    }
    (void)end.Await();
    ::_exit(0);
  });
  ASSERT_TRUE(ready.Await());
  const ScopedProcess watched = ScopedProcess::Open(Stat(orphan->load()).pid);
  const auto parent_of = [&](pid_t tid) {
    const sys::Result<sys::ProcStat> stat = sys::ProcStat::ReadThread(watched.Number(), tid);
    return stat ? stat.Value().ParentPid() : -1;
  };
  EXPECT_EQ(parent_of(thread_tid->load()), middle.Number());
  end.Notify();
  (void)middle.AwaitZombie();
  EXPECT_EQ(parent_of(watched.Number()), ::getpid());
  EXPECT_EQ(parent_of(thread_tid->load()), ::getpid());
  EXPECT_EQ(middle.Reap(), 0);
  release.Notify();
  EXPECT_EQ(Wait4(watched.Number(), 0).status, 0);
}

}  // namespace
}  // namespace procmark::conformance
