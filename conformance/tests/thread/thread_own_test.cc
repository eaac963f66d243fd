// What is a thread's own, and what a leader that has ended takes with it.
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <string>

#include "conformance/vocabulary/blocked_signal.h"
#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/clone_probe.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"

namespace procmark::conformance {
namespace {

unsigned long long Bit(int signal) { return 1ULL << (signal - 1); }

// A mask of /proc/PID/task/TID/status.
unsigned long long ThreadMask(pid_t pid, pid_t tid, const std::string& name) {
  const auto text = sys::ReadSmallFile("/proc/" + std::to_string(pid) + "/task/" +
                                       std::to_string(tid) + "/status");
  if (!text) ThrowErrno("read of a thread's status", text.Failure().error_number);
  const size_t at = text.Value().find("\n" + name + ":\t");
  if (at == std::string::npos) ThrowErrno("line of a thread's status", ENODATA);
  return std::stoull(text.Value().substr(at + name.size() + 3), nullptr, 16);
}

// A child with two threads that have blocked SIGUSR1; both wait for ever.
struct BlockedPair {
  Shared<std::atomic<pid_t>> tid;
  Handshake ready;
  ScopedChild Fork() const {
    return conformance::Fork([this] {
      const BlockedSignal usr1(SIGUSR1);
      const JoinedThread thread([this] {
        tid->store(OwnTid());
        ready.Notify();
        PauseForever();
      });
      PauseForever();
    });
  }
};

PROMISE(Thread, KillByTidReachesTheProcess,
        {.says = "kill with the number of a thread that is no leader signals its whole process, "
                 "as kill with the pid does.",
         .item = "152",
         .authority = "kill(2), tgkill(2); kernel/signal.c kill_pid_info()"}) {
  const BlockedPair pair;
  const ScopedChild child = pair.Fork();
  ASSERT_TRUE(pair.ready.Await());
  const pid_t tid = pair.tid->load();
  ASSERT_GT(tid, 1);
  ASSERT_EQ(::kill(tid, SIGUSR1), 0);
  EXPECT_EQ(ThreadMask(child.Number(), tid, "ShdPnd"), Bit(SIGUSR1));
  EXPECT_EQ(ThreadMask(child.Number(), tid, "SigPnd"), 0U);
}

PROMISE(Thread, TgkillReachesOneThread,
        {.says = "tgkill makes the signal pending for the named thread only.",
         .item = "152",
         .authority = "tgkill(2); kernel/signal.c do_send_specific()"}) {
  const BlockedPair pair;
  const ScopedChild child = pair.Fork();
  ASSERT_TRUE(pair.ready.Await());
  const pid_t tid = pair.tid->load();
  ASSERT_GT(tid, 1);
  ASSERT_EQ(::syscall(SYS_tgkill, child.Number(), tid, SIGUSR1), 0);
  EXPECT_EQ(ThreadMask(child.Number(), tid, "SigPnd"), Bit(SIGUSR1));
  EXPECT_EQ(ThreadMask(child.Number(), child.Number(), "SigPnd"), 0U);
  EXPECT_EQ(ThreadMask(child.Number(), tid, "ShdPnd"), 0U);
}

PROMISE(Thread, MaskIsInheritedAndPendingIsNot,
        {.says = "A thread starts with its creator's signal mask and without its creator's own "
                 "pending signals.",
         .item = "156",
         .authority = "pthread_sigmask(3), clone(2); kernel/fork.c copy_process()"}) {
  const BlockedSignal usr1(SIGUSR1);
  ASSERT_EQ(::syscall(SYS_tgkill, ::getpid(), OwnTid(), SIGUSR1), 0);
  const ChildChecks checks(3);
  {
    const JoinedThread thread([&] {
      CHILD_EXPECT_EQ(checks, Bit(SIGUSR1), ThreadMask(::getpid(), OwnTid(), "SigBlk"));
      CHILD_EXPECT_EQ(checks, 0, ThreadMask(::getpid(), OwnTid(), "SigPnd"));
      CHILD_EXPECT_TRUE(checks, !usr1.Pending());
    });
  }
  EXPECT_TRUE(usr1.Pending()) << "the decoy: the creator has it still";
}

PROMISE(Thread, CredentialsAreEachThreadsOwn,
        {.says = "Capabilities that a thread drops by the system call are dropped for it alone.",
         .item = "157",
         .authority = "capabilities(7), credentials(7) (threads share none in the kernel)"}) {
  const unsigned long long before = ThreadMask(::getpid(), OwnTid(), "CapEff");
  if (before == 0) GTEST_SKIP() << "this user has no capabilities to drop";
  const ChildChecks checks(2);
  {
    const JoinedThread thread([&] {
      CHILD_EXPECT_TRUE(checks, DropCapabilities());
      CHILD_EXPECT_EQ(checks, 0, ThreadMask(::getpid(), OwnTid(), "CapEff"));
    });
  }
  EXPECT_EQ(ThreadMask(::getpid(), OwnTid(), "CapEff"), before);
}

PROMISE(Thread, DescriptorsOutliveTheLeader,
        {.says = "Descriptors stay open when the leader has ended, until the last thread ends.",
         .item = "159",
         .authority = "kernel/exit.c exit_files() (files_struct is counted)",
         .kind = Kind::kLinux}) {
  sys::Result<sys::Pipe> made = sys::Pipe::Create();
  ASSERT_TRUE(made);
  sys::Pipe pipe = std::move(made).Value();
  const Handshake end;
  ScopedChild child = Fork([&] {
    const JoinedThread thread([&] { ::syscall(SYS_exit_group, end.Await() ? 61 : 1); });
    ::syscall(SYS_exit, 0);
  });
  pipe.write.Close();
  // Final here: no thread of this process execs.
  ASSERT_TRUE(AwaitThreadState(child.Number(), child.Number(), "Z"));
  pollfd reader{pipe.read.Get(), POLLIN, 0};
  EXPECT_EQ(::poll(&reader, 1, 0), 0) << "the other thread holds it open";
  end.Notify();
  (void)child.AwaitZombie();
  EXPECT_EQ(::poll(&reader, 1, 0), 1);
  EXPECT_EQ(child.Reap(), 61 << 8);
}

PROMISE(Thread, GoneLeaderHasNoMemoryToShow,
        {.says = "A process whose leader has ended shows neither exe nor maps under its pid, but "
                 "under the tid of a living thread.",
         .item = "158",
         .authority = "proc(5); fs/proc/base.c (the leader's mm is gone)",
         .kind = Kind::kLinux}) {
  const Shared<std::atomic<pid_t>> tid;
  const Handshake end;
  ScopedChild child = Fork([&] {
    const JoinedThread thread([&] {
      tid->store(OwnTid());
      ::syscall(SYS_exit_group, end.Await() ? 62 : 1);
    });
    ::syscall(SYS_exit, 0);
  });
  ASSERT_TRUE(AwaitThreadState(child.Number(), child.Number(), "Z"));
  const std::string folder = "/proc/" + std::to_string(child.Number());
  const auto exe_error = [](const std::string& link) {
    char target[256];
    return ::readlink(link.c_str(), target, sizeof target) >= 0 ? 0 : errno;
  };
  EXPECT_EQ(exe_error(folder + "/exe"), ENOENT);
  const auto maps = sys::ReadSmallFile(folder + "/maps");
  ASSERT_TRUE(maps);
  EXPECT_EQ(maps.Value(), "");
  end.Notify();
  EXPECT_EQ(child.Reap(), 62 << 8);
}

PROMISE(Thread, SurvivorIsSeenThroughItsOwnFolder,
        {.says = "When the leader has ended, /proc/thread-self of a living thread still shows "
                 "memory and descriptors, and /proc/self shows none.",
         .item = "158",
         .authority = "proc(5) /proc/thread-self; fs/proc/base.c",
         .since = "3.17",
         .kind = Kind::kLinux}) {
  const ChildChecks checks(3);
  const Shared<std::atomic<pid_t>> pid;
  const Handshake look;
  ScopedChild child = Fork([&] {
    const JoinedThread thread([&] {
      (void)look.Await();
      char target[256];
      CHILD_EXPECT_TRUE(checks, ::readlink("/proc/thread-self/exe", target, sizeof target) > 0);
      CHILD_EXPECT_TRUE(checks, ::access("/proc/thread-self/fd/0", F_OK) == 0);
      CHILD_EXPECT_TRUE(checks, ::readlink("/proc/self/exe", target, sizeof target) < 0);
      ::syscall(SYS_exit_group, 63);
    });
    ::syscall(SYS_exit, 0);
  });
  ASSERT_TRUE(AwaitThreadState(child.Number(), child.Number(), "Z"));
  look.Notify();
  EXPECT_EQ(child.Reap(), 63 << 8);
}

}  // namespace
}  // namespace procmark::conformance
