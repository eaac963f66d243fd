// SPDX-License-Identifier: MIT
// What a zombie has lost, and what it still shows.
#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <memory>
#include <string>

#include "conformance/vocabulary/burn_cpu.h"
#include "conformance/vocabulary/children.h"
#include "conformance/vocabulary/descriptors.h"
#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/signals.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/test_deadline.h"
#include "harness/sys/fd.h"
#include "harness/sys/proc_stat.h"

namespace procmark::conformance {
namespace {

PROMISE(ZombieState, MemoryIsGone,
        {
            .says = "A zombie has no memory: no Vm lines in status, empty maps and cmdline, and no "
                    "exe link.",
            .item = "204",
            .authority = "proc(5); kernel/exit.c exit_mm() comes before exit_notify()",
        }) {
  const ScopedChild zombie = ForkZombie();
  EXPECT_EQ(StatusLine(zombie.Number(), "VmSize"), "");
  EXPECT_EQ(StatusLine(zombie.Number(), "VmRSS"), "");
  EXPECT_NE(StatusLine(::getpid(), "VmSize"), "") << "the control: this process has memory";
  for (const char* file : {"maps", "cmdline"}) {
    const auto text = sys::ReadSmallFile(ProcPath(zombie.Number(), file));
    ASSERT_TRUE(text) << file;
    EXPECT_EQ(text.Value(), "") << file;
  }
  char target[256];
  EXPECT_SYSCALL_FAILS(::readlink(ProcPath(zombie.Number(), "exe").c_str(), target, sizeof target),
                       ENOENT);
}

PROMISE(ZombieState, FilesAndFoldersAreGone,
        {
            .says = "A zombie has no descriptors, no working directory and no root.",
            .item = "204",
            .authority = "proc(5); kernel/exit.c exit_files() and exit_fs() come before "
                         "exit_notify()",
        }) {
  const ScopedChild zombie = ForkZombie();
  EXPECT_EQ(StatusLine(zombie.Number(), "FDSize"), "0");
  char target[256];
  for (const char* link : {"cwd", "root"}) {
    EXPECT_SYSCALL_FAILS(::readlink(ProcPath(zombie.Number(), link).c_str(), target, sizeof target),
                         ENOENT)
        << link << link;
  }
}

// The descriptors listed in the fd folder of a process, or -1 when the folder cannot be opened.
int ListedDescriptors(pid_t pid) {
  const auto names = NamesIn(ProcPath(pid, "fd"));
  return names ? static_cast<int>(names->size()) : -1;
}

PROMISE(ZombieState, DescriptorsAreNotListed,
        {
            .says = "The fd folder of a zombie lists nothing or cannot be opened, and that of the "
                    "same process alive lists its descriptors.",
            .item = "204",
            .authority = "proc_pid_fd(5); kernel/exit.c exit_files() comes before exit_notify()",
        }) {
  const Handshake end;
  ScopedChild child = ForkUntil(end);
  EXPECT_GE(ListedDescriptors(child.Number()), 3) << "the control: while it lives";
  end.Notify();
  (void)child.AwaitZombie();
  EXPECT_LE(ListedDescriptors(child.Number()), 0);
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(ZombieState, PipeEndsAreClosed,
        {
            .says = "When a child can be waited for, its pipe ends are closed and POLLHUP is "
                    "already reported.",
            .item = "209",
            .authority = "kernel/exit.c exit_files() comes before exit_notify()",
            .kind = Kind::kLinux,
        }) {
  for (int round = 0; AnotherRound(round, 20); ++round) {
    sys::Pipe pipe = MakePipe();
    const ScopedChild child = Fork([&] { return 0; });
    pipe.write.Close();
    (void)child.AwaitZombie();
    EXPECT_EQ(PollNow(pipe.read.Get()) & POLLHUP, POLLHUP) << "round " << round;
  }
}

PROMISE(ZombieState, IdentityIsKept,
        {
            .says = "A zombie keeps its pid, parent, group, session, name, start time and uids.",
            .item = "205",
            .authority = "proc_pid_stat(5); kernel/exit.c release_task() frees them at the wait",
        }) {
  const Handshake end;
  const Handshake grouped;
  ScopedChild child = Fork([&] {
    (void)::setpgid(0, 0);
    grouped.Notify();
    return end.Await() ? 0 : 1;
  });
  ASSERT_TRUE(grouped.Await());
  const sys::ProcStat alive = Stat(child.Number());
  const std::string uids = StatusLine(child.Number(), "Uid");
  end.Notify();
  (void)child.AwaitZombie();
  const sys::ProcStat dead = Stat(child.Number());
  EXPECT_EQ(dead.state, 'Z');
  EXPECT_EQ(dead.pid, alive.pid);
  EXPECT_EQ(dead.comm, alive.comm);
  EXPECT_EQ(dead.ParentPid(), ::getpid());
  EXPECT_EQ(dead.ProcessGroup(), child.Number());
  EXPECT_EQ(dead.Session(), alive.Session());
  EXPECT_EQ(dead.StartTimeTicks(), alive.StartTimeTicks());
  EXPECT_EQ(StatusLine(child.Number(), "Uid"), uids);
}

PROMISE(ZombieState, SignalMasksAreKept,
        {
            .says = "A zombie still shows which signals it blocked, ignored and handled.",
            .item = "205",
            .authority = "proc_pid_status(5); kernel/exit.c __exit_signal() frees them at the reap",
            .kind = Kind::kLinux,
        }) {
  const Handshake ready;
  const Handshake end;
  ScopedChild child = Fork([&] {
    const sigset_t blocked = [] {
      const sigset_t set = SetOf({SIGUSR2});
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
  const auto mask = [&](const char* name) { return MaskOf(child.Number(), name); };
  EXPECT_EQ(mask("SigBlk"), SignalBit(SIGUSR2));
  EXPECT_NE(mask("SigIgn") & SignalBit(SIGUSR1), 0U);
  EXPECT_EQ(mask("SigIgn") & SignalBit(SIGHUP), 0U) << "the control: handled, not ignored";
  EXPECT_NE(mask("SigCgt") & SignalBit(SIGHUP), 0U);
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(ZombieState, UsageIsKept,
        {
            .says = "The stat of a zombie still shows its own faults and CPU time (fields 10, 14 "
                    "and 15).",
            .item = "205",
            .authority = "proc_pid_stat(5); kernel/exit.c wait_task_zombie() adds them up",
        }) {
  const long ticks_per_s = ::sysconf(_SC_CLK_TCK);
  ScopedChild child = Fork([&] {
    // Six ticks, because each field may be rounded down by one.
    BurnCpu(6 * 1000 / ticks_per_s);
  });
  (void)child.AwaitZombie();
  const sys::ProcStat dead = Stat(child.Number());
  EXPECT_GE(dead.Field(14) + dead.Field(15), 4);
  EXPECT_GT(dead.MinorFaults(), 0);
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(ZombieState, ExitCodeIsInStat,
        {
            .says = "Field 52 of a zombie's stat is its raw wait status, which its parent can "
                    "read.",
            .item = "205 376",
            .authority = "proc_pid_stat(5) exit_code",
            .since = "3.5",
        }) {
  const ScopedChild exited = ForkZombie(77);
  EXPECT_EQ(Stat(exited.Number()).Field(52), 77 << 8);
  const ScopedChild killed = Fork(PauseForever);
  ASSERT_SYSCALL_SUCCEEDS(killed.Signal(SIGTERM));
  (void)killed.AwaitZombie();
  EXPECT_EQ(Stat(killed.Number()).Field(52), SIGTERM);
}

PROMISE(ZombieState, HasOneThread,
        {
            .says = "The zombie of a process with one thread counts one thread.",
            .item = "206",
            .authority = "proc_pid_status(5)",
        }) {
  const ScopedChild zombie = ForkZombie();
  EXPECT_EQ(StatusLine(zombie.Number(), "Threads"), "1");
  EXPECT_EQ(Stat(zombie.Number()).NumThreads(), 1);
}

PROMISE(ZombieState, ProcFilesAreSafeToRead,
        {
            .says = "Every file of a zombie's /proc folder can be read or refuses the read without "
                    "a hang, and environ is empty.",
            .item = "220",
            .authority = "proc(5); fs/proc/base.c",
        }) {
  ScopedChild zombie = ForkZombie();
  const std::string folder = ProcPath(zombie.Number());
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(folder.c_str()), ::closedir);
  ASSERT_NE(entries, nullptr);
  int read = 0;
  while (const dirent* entry = ::readdir(entries.get())) {
    if (entry->d_type != DT_REG) continue;
    const std::string name = entry->d_name;
    const sys::Fd file(::open((folder + "/" + name).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.Valid()) continue;
    char text[4096];
    const ssize_t got = ::read(file.Get(), text, sizeof text);
    ++read;
    if (name == "environ") EXPECT_LE(got, 0) << "the old environment is gone";
  }
  EXPECT_GT(read, 10);
  EXPECT_EQ(Stat(zombie.Number()).state, 'Z');
  EXPECT_EQ(zombie.Reap(), 0);
}

}  // namespace
}  // namespace procmark::conformance
