// exec in processes that share memory or actions or race with another thread, and its odd failures.
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <string>

#include "conformance/vocabulary/clone_probe.h"
#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/test_deadline.h"
#include "harness/sys/temp_dir.h"

namespace procmark::conformance {
namespace {

HELPER(ExitSixtyFour) { return 64; }

// A child that shares our memory must not allocate: its words are made before it is born.
class PreparedExec {
 public:
  void operator()() const {
    char* const environment[] = {nullptr};
    (void)::syscall(SYS_execve, "/proc/self/exe", words_.data(), environment);
  }

 private:
  char name_[24] = "procmark-conformance";
  char flag_[24] = "--procmark_helper";
  char helper_[24] = "ExitSixtyFour";
  std::array<char*, 4> words_ = {name_, flag_, helper_, nullptr};
};

PROMISE(Exec, LeavesTheMemoryOfASharer,
        {.says = "execve by a child that shares its parent's memory takes the child to a memory "
                 "of its own and leaves the parent's as it was.",
         .item = "161 81",
         .authority = "execve(2), clone(2) CLONE_VM; fs/exec.c exec_mmap()"}) {
  const PreparedExec exec;
  std::atomic<int> word = 1;
  ScopedChild child = CloneSharingMemory(SIGCHLD, [&] {
    word.store(2);
    exec();
    return 126;
  });
  EXPECT_EQ(child.Reap(), 64 << 8);
  EXPECT_EQ(word.load(), 2);
}

PROMISE(Exec, ClearsTheTidOfASharer,
        {.says = "A successful execve clears the word of set_tid_address, when the memory has "
                 "another user, before the new program ends.",
         .item = "109 161",
         .authority = "set_tid_address(2); kernel/fork.c exec_mm_release()"}) {
  const PreparedExec exec;
  std::atomic<int> word = 77;
  // CLONE_VFORK: we run again at the exec.
  ScopedChild child = CloneSharingMemory(CLONE_VFORK | SIGCHLD, [&] {
    (void)::syscall(SYS_set_tid_address, &word);
    exec();
    return 126;
  });
  EXPECT_EQ(word.load(), 0);
  EXPECT_EQ(child.Reap(), 64 << 8);
}

PROMISE(Exec, UnsharesSignalActions,
        {.says = "execve by a process that shares its signal actions resets a copy: the other's "
                 "handler stays.",
         .item = "161",
         .authority = "execve(2), clone(2) CLONE_SIGHAND; fs/exec.c unshare_sighand()"}) {
  const PreparedExec exec;
  const auto handler = [](int) {};
  ASSERT_NE(::signal(SIGUSR1, handler), SIG_ERR);
  ScopedChild child = CloneSharingMemory(CLONE_SIGHAND | SIGCHLD, [&] {
    exec();
    return 126;
  });
  EXPECT_EQ(child.Reap(), 64 << 8);
  struct sigaction action {};
  ASSERT_EQ(::sigaction(SIGUSR1, nullptr, &action), 0);
  EXPECT_EQ(action.sa_handler, handler);
}

HELPER(ReportNice) { return ::getpriority(PRIO_PROCESS, 0); }

PROMISE(Exec, NiceIsKept,
        {.says = "execve keeps the nice value.",
         .item = "167",
         .authority = "execve(2), setpriority(2)"}) {
  ScopedChild child = Fork([] {
    (void)::setpriority(PRIO_PROCESS, 0, 13);
    (void)ExecHelper("ReportNice", {});
    return 126;
  });
  EXPECT_EQ(child.Reap(), 13 << 8);
}

PROMISE(Exec, TooLongArgumentIsE2bigAndChangesNothing,
        {.says = "execve with one argument of more than 128 KiB is E2BIG, and the caller lives on "
                 "with its descriptors.",
         .item = "170",
         .authority = "execve(2) (Limits on size of arguments) MAX_ARG_STRLEN"}) {
  const Handshake pipe;
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  std::string longest(32 * page, 'x');  // with its terminating zero one byte too many
  char name[] = "procmark-conformance";
  char* const argv[] = {name, longest.data(), nullptr};
  char* const environment[] = {nullptr};
  EXPECT_EQ(::execve("/proc/self/exe", argv, environment), -1);
  EXPECT_EQ(errno, E2BIG);
  EXPECT_EQ(::fcntl(pipe.ReadFd(), F_GETFD), FD_CLOEXEC);
}

HELPER(ReportDumpable) { return ::prctl(PR_GET_DUMPABLE); }

PROMISE(Exec, UnreadableProgramIsNotDumpable,
        {.says = "execve of a program that its caller may execute but not read makes the process "
                 "not dumpable; of a readable one, dumpable.",
         .item = "168",
         .authority = "PR_SET_DUMPABLE(2const), execve(2); fs/exec.c would_dump()"}) {
  sys::Result<sys::TempDir> folder = sys::TempDir::Create();
  ASSERT_TRUE(folder);
  const std::string path = folder.Value().Path().string() + "/program";
  {
    const sys::Fd from(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    const sys::Fd to(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0700));
    while (::sendfile(to.Get(), from.Get(), nullptr, 1 << 20) > 0) {
    }
  }
  constexpr uid_t kOrdinary = 54321;
  const bool root = ::geteuid() == 0;
  if (root) {
    ASSERT_EQ(::chown(folder.Value().Path().c_str(), kOrdinary, kOrdinary), 0);
    ASSERT_EQ(::chown(path.c_str(), kOrdinary, kOrdinary), 0);
  }
  const auto dumpable = [&](mode_t mode) {
    (void)::chmod(path.c_str(), mode);
    ScopedChild child = Fork([&] {
      // Root would win capabilities by the exec, which has an effect of its own on dumpable.
      if (root && ::setresuid(kOrdinary, kOrdinary, kOrdinary) != 0) return 125;
      if (!DropCapabilities()) return 125;
      char name[] = "procmark-conformance";
      char flag[] = "--procmark_helper";
      char helper[] = "ReportDumpable";
      char* const argv[] = {name, flag, helper, nullptr};
      char* const environment[] = {nullptr};
      (void)::execve(path.c_str(), argv, environment);
      return 126;
    });
    return child.Reap() >> 8;
  };
  const int readable = dumpable(0500);
  if (readable == 126) GTEST_SKIP() << "no program may be executed in " << path;
  EXPECT_EQ(readable, 1);
  const int unreadable = dumpable(0100);
  EXPECT_TRUE(unreadable == 0 || unreadable == 2) << unreadable << ": fs.suid_dumpable says which";
}

PROMISE(
    Exec, RaceWithTheEndOfTheGroupHasTwoResults,
    {.says = "When one thread execs while another calls exit_group, the process ends with the "
             "exit code or runs the new program: no third result, no hang.",
     .item = "174",
     .authority = "execve(2), exit_group(2); kernel/exit.c do_group_exit(), fs/exec.c de_thread()",
     .kind = Kind::kLinux}) {
  for (int round = 0; AnotherRound(round, 20); ++round) {
    const Shared<std::atomic<int>> start;
    ScopedChild child = Fork([&] {
      const JoinedThread thread([&] {
        start->fetch_add(1);
        while (start->load() < 2) (void)::sched_yield();
        (void)ExecHelper("ExitSixtyFour", {});
        ::syscall(SYS_exit_group, 126);
      });
      start->fetch_add(1);
      while (start->load() < 2) (void)::sched_yield();
      for (int turn = 0; turn < round; ++turn) (void)::sched_yield();
      ::syscall(SYS_exit_group, 65);
    });
    const int status = child.Reap();
    EXPECT_TRUE(status == 65 << 8 || status == 64 << 8) << status << " in round " << round;
  }
}

PROMISE(Exec, ChildIsNeverLostWhileAThreadExecs,
        {.says = "wait4(WNOHANG) never says ECHILD for a child one of whose threads is taking over "
                 "by execve.",
         .item = "175",
         .authority = "fs/exec.c de_thread() (under tasklist_lock); kernel/exit.c do_wait()",
         .kind = Kind::kLinux}) {
  for (int round = 0; AnotherRound(round, 20); ++round) {
    const Handshake ready;
    ScopedChild child = Fork([&] {
      const JoinedThread thread([&] {
        ready.Notify();
        (void)ExecHelper("ExitSixtyFour", {});
        ::syscall(SYS_exit_group, 126);
      });
      PauseForever();
    });
    ASSERT_TRUE(ready.Await());
    Waited waited;
    int looks = 0;
    while (waited.pid == 0) {
      waited = Wait4(child.Number(), WNOHANG);
      ++looks;
    }
    ASSERT_EQ(waited.pid, child.Number()) << "errno " << waited.error << " after " << looks;
    EXPECT_EQ(waited.status, 64 << 8);
  }
}

}  // namespace
}  // namespace procmark::conformance
