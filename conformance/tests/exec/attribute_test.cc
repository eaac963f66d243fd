// Attributes of a process at fork and exec that are set and asked for by prctl(2), rseq(2) and the
// flags of clone(2) alone.
#include <fcntl.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <string>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/tasks.h"

namespace procmark::conformance {
namespace {

PROMISE(Clone, ClearTidFlagWorksForASharer,
        {.says = "The word of CLONE_CHILD_CLEARTID is zeroed at the end of a child that shares our "
                 "memory; without the flag it is left alone.",
         .item = "109",
         .authority = "clone(2) CLONE_CHILD_CLEARTID; kernel/fork.c mm_release()"}) {
  alignas(16) static char stacks[2][64 * 1024];
  const auto body = [](void*) { return 0; };
  for (const bool with_flag : {false, true}) {
    std::atomic<int> word = 77;
    const int flags = CLONE_VM | SIGCHLD | (with_flag ? CLONE_CHILD_CLEARTID : 0);
    const pid_t pid = ::clone(body, stacks[with_flag ? 1 : 0] + sizeof stacks[0], flags, nullptr,
                              nullptr, nullptr, &word);
    ASSERT_GT(pid, 0) << errno;
    ASSERT_EQ(::waitpid(pid, nullptr, 0), pid);
    EXPECT_EQ(word.load(), with_flag ? 0 : 77);
  }
}

// The bits of a report: 1 keepcaps, 2 the switch of huge pages.
int Switches() {
  return (::prctl(PR_GET_KEEPCAPS) == 1 ? 1 : 0) |
         (::prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1 ? 2 : 0);
}
HELPER(ReportSwitches) { return Switches(); }

PROMISE(Exec, KeepCapabilitiesIsCleared,
        {.says = "PR_SET_KEEPCAPS is copied by fork and cleared by execve.",
         .item = "37 167",
         .authority = "PR_SET_KEEPCAPS(2const); security/commoncap.c cap_bprm_creds_from_file()"}) {
  ASSERT_EQ(::prctl(PR_SET_KEEPCAPS, 1), 0);
  ASSERT_EQ(Switches() & 1, 1);
  ScopedChild copy = Fork([] { return Switches() & 1; });
  EXPECT_EQ(copy.Reap(), 1 << 8);
  ScopedChild other = Fork([] { return ExecHelper("ReportSwitches", {}); });
  EXPECT_EQ((other.Reap() >> 8) & 1, 0);
}

PROMISE(Exec, HugePageSwitchIsKept,
        {.says = "PR_SET_THP_DISABLE is copied by fork and kept by execve.",
         .item = "37 167",
         .authority = "PR_SET_THP_DISABLE(2const); kernel/fork.c mm_init() (MMF_INIT_MASK)",
         .since = "3.15"}) {
  if (::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) != 0) {
    GTEST_SKIP() << "this kernel has no PR_SET_THP_DISABLE";
  }
  ASSERT_EQ(Switches() & 2, 2);
  ScopedChild copy = Fork([] { return Switches() & 2; });
  EXPECT_EQ(copy.Reap(), 2 << 8);
  ScopedChild other = Fork([] { return ExecHelper("ReportSwitches", {}); });
  EXPECT_EQ((other.Reap() >> 8) & 2, 2);
}

// The first version of the kernel's struct rseq; its address must be a multiple of its size.
struct alignas(32) RseqArea {
  char bytes[32] = {};
};

// 0: the area was registered, so there was none. EINVAL: there is another one already.
int RegisterRseq(RseqArea* area) {
  constexpr unsigned kSignature = 0x53053053;
  return ::syscall(SYS_rseq, area, sizeof *area, 0, kSignature) == 0 ? 0 : errno;
}

PROMISE(Fork, RseqAreaIsKeptUnlessMemoryIsShared,
        {.says = "A child by fork has its parent's registration of rseq(2); a child that shares "
                 "the memory has none.",
         .item = "37",
         .authority = "include/linux/sched.h rseq_fork(); kernel/rseq.c",
         .since = "5.5",
         .kind = Kind::kLinux}) {
  static RseqArea areas[3];
  if (RegisterRseq(&areas[0]) == ENOSYS) GTEST_SKIP() << "this kernel has no rseq(2)";
  ASSERT_EQ(RegisterRseq(&areas[1]), EINVAL) << "one is registered, by us or by the C library";
  ScopedChild copy = Fork([] { return RegisterRseq(&areas[1]); });
  EXPECT_EQ(copy.Reap(), EINVAL << 8);
  ScopedChild sharer = CloneSharingMemory(SIGCHLD, [] { return RegisterRseq(&areas[2]); });
  EXPECT_EQ(sharer.Reap(), 0);
}

HELPER(ReportDeathSignal) {
  int signal = -1;
  (void)::prctl(PR_GET_PDEATHSIG, &signal);
  return ::geteuid() == 0 ? signal : 100 + signal;
}

// A copy of this program on a file system of our own, owned by root. Empty on failure.
std::string CopyOfThisProgram(const std::string& folder, mode_t mode) {
  if (::mkdir(folder.c_str(), 0755) != 0) return {};
  if (::mount("tmpfs", folder.c_str(), "tmpfs", 0, "mode=0755") != 0) return {};
  std::string path = folder + "/program";
  const sys::Fd source(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  const sys::Fd copy(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0700));
  struct stat size {};
  if (!source.Valid() || !copy.Valid() || ::fstat(source.Get(), &size) != 0) return {};
  for (off_t left = size.st_size; left > 0;) {
    const ssize_t sent = ::sendfile(copy.Get(), source.Get(), nullptr, static_cast<size_t>(left));
    if (sent <= 0) return {};
    left -= sent;
  }
  return ::fchmod(copy.Get(), mode) == 0 ? path : std::string();
}

PROMISE(Exec, SetUserIdProgramClearsTheDeathSignal,
        {.says = "execve of a set-user-id program clears the death signal; execve of the same "
                 "program without the bit keeps it.",
         .item = "164",
         .authority = "PR_SET_PDEATHSIG(2const); fs/exec.c begin_new_exec() (secureexec)"}) {
  if (!InOwnPidNamespace() || ::geteuid() != 0) {
    GTEST_SKIP() << "needs root and a mount namespace of its own: only root can make such a file";
  }
  constexpr uid_t kStranger = 54321;
  for (const bool set_user_id : {false, true}) {
    const std::string folder = set_user_id ? "/tmp/set" : "/tmp/plain";
    const std::string path = CopyOfThisProgram(folder, set_user_id ? 04755 : 0755);
    ASSERT_FALSE(path.empty()) << errno;
    ScopedChild child = Fork([&] {
      if (::setresuid(kStranger, kStranger, kStranger) != 0) return 126;
      (void)::prctl(PR_SET_PDEATHSIG, SIGUSR1);  // after setresuid, which clears it
      char name[] = "procmark-conformance";
      char flag[] = "--procmark_helper";
      char helper[] = "ReportDeathSignal";
      char* const argv[] = {name, flag, helper, nullptr};
      char* const environment[] = {nullptr};
      (void)::execve(path.c_str(), argv, environment);
      return 125;
    });
    EXPECT_EQ(child.Reap(), (set_user_id ? 0 : 100 + SIGUSR1) << 8);
    EXPECT_EQ(::umount(folder.c_str()), 0);
    EXPECT_EQ(::rmdir(folder.c_str()), 0);
  }
}

PROMISE(Sched, ResetOnForkResetsTimerSlack,
        {.says = "A real-time task's timer slack is 0; with SCHED_RESET_ON_FORK its child, an "
                 "ordinary task again, has a slack that is not 0.",
         .item = "323",
         .authority = "kernel/sched/core.c sched_fork(); the changelogs of 6.1.178 and 6.12.97",
         .kind = Kind::kInfo}) {
  const sched_param parameter{1};
  if (::syscall(SYS_sched_setscheduler, 0, SCHED_FIFO | SCHED_RESET_ON_FORK, &parameter) != 0) {
    GTEST_SKIP() << "this user may not set SCHED_FIFO here";
  }
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_EQ(checks, SCHED_OTHER, ::syscall(SYS_sched_getscheduler, 0));
    CHILD_EXPECT_TRUE(checks, ::prctl(PR_GET_TIMERSLACK) > 0);
  });
  EXPECT_EQ(child.Reap(), 0);
}

}  // namespace
}  // namespace procmark::conformance
