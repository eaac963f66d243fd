// What of a task's state a zombie still shows, and what it gives up.
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <memory>
#include <string>

#include "conformance/vocabulary/burn_cpu.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"

namespace procmark::conformance {
namespace {

// The numbers listed in a process's fd folder; -1 when the folder cannot be opened.
int ListedDescriptors(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/fd";
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), ::closedir);
  if (folder == nullptr) return -1;
  int listed = 0;
  while (const dirent* entry = ::readdir(folder.get())) {
    if (entry->d_name[0] != '.') ++listed;
  }
  return listed;
}

PROMISE(Zombie, DescriptorsAreNotListed,
        {.says = "The fd folder of a zombie lists nothing, or cannot be opened; that of the same "
                 "process alive lists its descriptors.",
         .item = "204",
         .authority = "proc_pid_fd(5); kernel/exit.c exit_files() comes before exit_notify()"}) {
  const Handshake end;
  ScopedChild child = Fork([&] { return end.Await() ? 0 : 1; });
  EXPECT_GE(ListedDescriptors(child.Number()), 3) << "the decoy: while it lives";
  end.Notify();
  (void)child.AwaitZombie();
  EXPECT_LE(ListedDescriptors(child.Number()), 0);
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(Zombie, SignalMasksAreKept,
        {.says = "A zombie still shows which signals it blocked, ignored and handled.",
         .item = "205",
         .authority = "proc_pid_status(5); kernel/exit.c __exit_signal() frees them at the reap",
         .kind = Kind::kLinux}) {
  const Handshake ready;
  const Handshake end;
  ScopedChild child = Fork([&] {
    const sigset_t blocked = [] {
      sigset_t set;
      ::sigemptyset(&set);
      ::sigaddset(&set, SIGUSR2);
      return set;
    }();
    (void)::sigprocmask(SIG_SETMASK, &blocked, nullptr);
    (void)::signal(SIGUSR1, SIG_IGN);
    (void)::signal(SIGHUP, [](int) {});
    ready.Notify();
    return end.Await() ? 0 : 1;
  });
  ASSERT_TRUE(ready.Await());
  end.Notify();
  (void)child.AwaitZombie();
  const auto mask = [&](const char* name) {
    return std::stoull(StatusLine(child.Number(), name), nullptr, 16);
  };
  EXPECT_EQ(mask("SigBlk"), 1ULL << (SIGUSR2 - 1));
  EXPECT_NE(mask("SigIgn") & (1ULL << (SIGUSR1 - 1)), 0U);
  EXPECT_EQ(mask("SigIgn") & (1ULL << (SIGHUP - 1)), 0U) << "the decoy: handled, not ignored";
  EXPECT_NE(mask("SigCgt") & (1ULL << (SIGHUP - 1)), 0U);
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(Zombie, UsageIsKept,
        {.says = "A zombie's stat still shows its own faults and CPU time (fields 10, 14 and 15).",
         .item = "205",
         .authority = "proc_pid_stat(5); kernel/exit.c wait_task_zombie() adds them up"}) {
  const long ticks_per_s = ::sysconf(_SC_CLK_TCK);
  ScopedChild child = Fork([&] {
    // Six ticks: either field may round down by one.
    BurnCpu(6 * 1000 / ticks_per_s);
  });
  (void)child.AwaitZombie();
  const sys::ProcStat dead = Stat(child.Number());
  EXPECT_GE(dead.Field(14) + dead.Field(15), 4);
  EXPECT_GT(dead.MinorFaults(), 0);
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(Zombie, ItsNamespacesCannotBeEntered,
        {.says = "setns by the pidfd of a zombie is ESRCH: it has no namespaces any more.",
         .item = "219",
         .authority = "setns(2); kernel/nsproxy.c validate_nsset()",
         .since = "5.8",
         .kind = Kind::kLinux}) {
  const Handshake end;
  ScopedChild child = Fork([&] { return end.Await() ? 0 : 1; });
  const auto enter = [&] {
    return Fork([&] { return ::setns(child.PidFd(), CLONE_NEWUTS) == 0 ? 0 : errno; }).Reap() >> 8;
  };
  const int alive = enter();
  EXPECT_TRUE(alive == 0 || alive == EPERM) << "the decoy, alive: " << alive;
  end.Notify();
  (void)child.AwaitZombie();
  EXPECT_EQ(enter(), ESRCH);
  EXPECT_EQ(child.Reap(), 0);
}

}  // namespace
}  // namespace procmark::conformance
