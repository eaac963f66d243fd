// What a zombie has lost, what it keeps, and what may be done to it.
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <memory>
#include <string>

#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/test_deadline.h"

namespace procmark::conformance {
namespace {

// A child that has ended with this status and is not reaped.
ScopedChild Zombie(int status) {
  ScopedChild child = Fork([status] { return status; });
  (void)child.AwaitZombie();
  return child;
}

std::string ProcPath(const ScopedChild& child, const char* file) {
  return "/proc/" + std::to_string(child.Number()) + "/" + file;
}

PROMISE(
    Zombie, MemoryIsGone,
    {.says = "A zombie has no memory: no Vm lines in status, empty maps and cmdline, no exe link.",
     .item = "204",
     .authority = "proc(5); kernel/exit.c exit_mm() comes before exit_notify()"}) {
  const ScopedChild zombie = Zombie(0);
  EXPECT_EQ(StatusLine(zombie.Number(), "VmSize"), "");
  EXPECT_EQ(StatusLine(zombie.Number(), "VmRSS"), "");
  EXPECT_NE(StatusLine(::getpid(), "VmSize"), "") << "the decoy: we do have memory";
  for (const char* file : {"maps", "cmdline"}) {
    const auto text = sys::ReadSmallFile(ProcPath(zombie, file));
    ASSERT_TRUE(text) << file;
    EXPECT_EQ(text.Value(), "") << file;
  }
  char target[256];
  EXPECT_EQ(::readlink(ProcPath(zombie, "exe").c_str(), target, sizeof target), -1);
  EXPECT_EQ(errno, ENOENT);
}

PROMISE(
    Zombie, FilesAndFoldersAreGone,
    {.says = "A zombie has no descriptors, no working directory and no root.",
     .item = "204",
     .authority = "proc(5); kernel/exit.c exit_files() and exit_fs() come before exit_notify()"}) {
  const ScopedChild zombie = Zombie(0);
  EXPECT_EQ(StatusLine(zombie.Number(), "FDSize"), "0");
  char target[256];
  for (const char* link : {"cwd", "root"}) {
    EXPECT_EQ(::readlink(ProcPath(zombie, link).c_str(), target, sizeof target), -1) << link;
    EXPECT_EQ(errno, ENOENT) << link;
  }
}

PROMISE(Zombie, IdentityIsKept,
        {.says = "A zombie keeps its pid, parent, group, session, name, start time and uids.",
         .item = "205",
         .authority = "proc_pid_stat(5); kernel/exit.c release_task() frees them at the wait"}) {
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

PROMISE(Zombie, ExitCodeIsInStat,
        {.says = "Field 52 of a zombie's stat is its raw wait status, for its parent to read.",
         .item = "205 376",
         .authority = "proc_pid_stat(5) exit_code",
         .since = "3.5"}) {
  const ScopedChild exited = Zombie(77);
  EXPECT_EQ(Stat(exited.Number()).Field(52), 77 << 8);
  const ScopedChild killed = Fork(PauseForever);
  ASSERT_TRUE(killed.Signal(SIGTERM).Ok());
  (void)killed.AwaitZombie();
  EXPECT_EQ(Stat(killed.Number()).Field(52), SIGTERM);
}

PROMISE(Zombie, HasOneThread,
        {.says = "The zombie of a process with one thread counts one thread.",
         .item = "206",
         .authority = "proc_pid_status(5)"}) {
  const ScopedChild zombie = Zombie(0);
  EXPECT_EQ(StatusLine(zombie.Number(), "Threads"), "1");
  EXPECT_EQ(Stat(zombie.Number()).NumThreads(), 1);
}

PROMISE(
    Zombie, SignalsSucceedAndChangeNothing,
    {.says =
         "kill on a zombie returns 0, with signal 0 as with SIGKILL, and its status stays; after "
         "the reap it is ESRCH.",
     .item = "207 160 219 296",
     .authority = "kill(2), pidfd_send_signal(2)"}) {
  ScopedChild zombie = Zombie(8);
  const pid_t pid = zombie.Number();
  ASSERT_GT(pid, 0);
  EXPECT_EQ(::kill(pid, 0), 0);
  EXPECT_TRUE(zombie.Signal(0).Ok());
  EXPECT_EQ(::kill(pid, SIGKILL), 0);
  EXPECT_TRUE(zombie.Signal(SIGKILL).Ok());
  EXPECT_EQ(zombie.Reap(), 8 << 8);
  EXPECT_EQ(::kill(pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
  const sys::Result<void> late = zombie.Signal(0);
  ASSERT_FALSE(late.Ok());
  EXPECT_EQ(late.Failure().error_number, ESRCH);
}

PROMISE(Zombie, GroupOfZombiesCanBeSignalled,
        {.says = "kill of a process group that holds only a zombie succeeds; after the reap it is "
                 "ESRCH.",
         .item = "208",
         .authority = "kill(2); kernel/signal.c __kill_pgrp_info()"}) {
  ScopedChild zombie = Fork([] { (void)::setpgid(0, 0); });
  (void)zombie.AwaitZombie();
  const pid_t group = zombie.Number();
  ASSERT_GT(group, 1);  // -1 would be everybody
  ASSERT_EQ(::getpgid(group), group) << "the group must be the zombie's own, not ours";
  EXPECT_EQ(::kill(-group, SIGTERM), 0);
  EXPECT_EQ(zombie.Reap(), 0);
  EXPECT_EQ(::kill(-group, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

PROMISE(Zombie, PipeEndsAreClosed,
        {.says = "When a child can be waited for, its ends of pipes are closed: POLLHUP at once.",
         .item = "209",
         .authority = "kernel/exit.c exit_files() comes before exit_notify()",
         .kind = Kind::kLinux}) {
  for (int round = 0; AnotherRound(round, 20); ++round) {
    sys::Result<sys::Pipe> made = sys::Pipe::Create();
    ASSERT_TRUE(made);
    sys::Pipe pipe = std::move(made).Value();
    const ScopedChild child = Fork([&] { return 0; });
    pipe.write.Close();
    (void)child.AwaitZombie();
    pollfd end{pipe.read.Get(), POLLIN, 0};
    EXPECT_EQ(::poll(&end, 1, 0), 1) << "round " << round;
    EXPECT_EQ(end.revents & POLLHUP, POLLHUP);
  }
}

PROMISE(Zombie, AnchorsItsProcessGroup,
        {.says = "A living child can join the process group of a zombie leader.",
         .item = "215",
         .authority = "setpgid(2); kernel/sys.c setpgid()",
         .kind = Kind::kLinux}) {
  const ScopedChild leader = Fork([] { (void)::setpgid(0, 0); });
  (void)leader.AwaitZombie();
  const ScopedChild member = Fork(PauseForever);
  EXPECT_EQ(::setpgid(member.Number(), leader.Number()), 0);
  EXPECT_EQ(::getpgid(member.Number()), leader.Number());
}

PROMISE(Zombie, GroupAndSessionAreReadable,
        {.says = "getpgid and getsid work on a zombie and give ESRCH after the reap.",
         .item = "216 256",
         .authority = "getpgid(2), getsid(2)"}) {
  ScopedChild zombie = Fork([] { (void)::setsid(); });
  (void)zombie.AwaitZombie();
  EXPECT_EQ(::getpgid(zombie.Number()), zombie.Number());
  EXPECT_EQ(::getsid(zombie.Number()), zombie.Number());
  EXPECT_EQ(zombie.Reap(), 0);
  EXPECT_EQ(::getpgid(zombie.Number()), -1);
  EXPECT_EQ(errno, ESRCH);
  EXPECT_EQ(::getsid(zombie.Number()), -1);
  EXPECT_EQ(errno, ESRCH);
}

PROMISE(Zombie, CannotBeTraced,
        {.says = "PTRACE_SEIZE and PTRACE_ATTACH of a zombie give EPERM.",
         .item = "217",
         .authority = "ptrace(2); kernel/ptrace.c ptrace_attach()"}) {
  const ScopedChild zombie = Zombie(0);
  EXPECT_EQ(::ptrace(PTRACE_SEIZE, zombie.Number(), nullptr, nullptr), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(::ptrace(PTRACE_ATTACH, zombie.Number(), nullptr, nullptr), -1);
  EXPECT_EQ(errno, EPERM);
}

PROMISE(Zombie, PriorityIsReadable,
        {.says = "getpriority and setpriority work on a zombie and give ESRCH after the reap.",
         .item = "218",
         .authority = "getpriority(2), setpriority(2)",
         .kind = Kind::kLinux}) {
  ScopedChild zombie = Fork([] { return ::setpriority(PRIO_PROCESS, 0, 7) == 0 ? 0 : 1; });
  (void)zombie.AwaitZombie();
  const auto id = static_cast<id_t>(zombie.Number());
  EXPECT_EQ(::getpriority(PRIO_PROCESS, id), 7);
  EXPECT_EQ(::setpriority(PRIO_PROCESS, id, 9), 0);
  EXPECT_EQ(::getpriority(PRIO_PROCESS, id), 9);
  EXPECT_EQ(zombie.Reap(), 0);
  errno = 0;
  EXPECT_EQ(::getpriority(PRIO_PROCESS, id), -1);
  EXPECT_EQ(errno, ESRCH);
  EXPECT_EQ(::setpriority(PRIO_PROCESS, id, 9), -1);
  EXPECT_EQ(errno, ESRCH);
}

PROMISE(
    Zombie, PidIsNotReused,
    {.says = "The pid of a zombie cannot be given to another process: clone3 set_tid is EEXIST; "
             "after the reap it can.",
     .item = "214 309",
     .authority = "clone3(2); kernel/pid.c alloc_pid()",
     .since = "5.5"}) {
  ScopedChild zombie = Zombie(0);
  const pid_t wanted = zombie.Number();
  CloneArguments arguments;
  arguments.exit_signal = SIGCHLD;
  arguments.set_tid = reinterpret_cast<uint64_t>(&wanted);
  arguments.set_tid_size = 1;
  const pid_t refused = RawClone3(arguments);
  if (refused == 0) ::_exit(0);
  const int error = errno;
  if (refused > 0) (void)Wait4(refused, __WALL);
  if (refused < 0 && error == EPERM) GTEST_SKIP() << "set_tid needs CAP_SYS_ADMIN here";
  ASSERT_EQ(refused, -1);
  EXPECT_EQ(error, EEXIST);
  EXPECT_EQ(zombie.Reap(), 0);
  ScopedChild successor = Clone(arguments, [] { return 4; });
  EXPECT_EQ(successor.Number(), wanted);
  EXPECT_EQ(successor.Reap(), 4 << 8);
}

PROMISE(Zombie, ProcFilesAreSafeToRead,
        {.says = "Every file of a zombie's /proc folder can be read or refused without a hang, and "
                 "environ is empty.",
         .item = "220",
         .authority = "proc(5); fs/proc/base.c"}) {
  ScopedChild zombie = Zombie(0);
  const std::string folder = "/proc/" + std::to_string(zombie.Number());
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

PROMISE(Zombie, StopAndContinueLeaveItDead,
        {.says = "SIGSTOP and SIGCONT do not bring a zombie into another state.",
         .item = "221",
         .authority = "signal(7); kernel/signal.c prepare_signal()"}) {
  ScopedChild zombie = Zombie(2);
  for (const int signal : {SIGSTOP, SIGCONT, SIGTSTP}) {
    EXPECT_TRUE(zombie.Signal(signal).Ok());
    EXPECT_EQ(Stat(zombie.Number()).state, 'Z');
  }
  EXPECT_EQ(WaitId(P_PID, zombie.Number(), WSTOPPED | WCONTINUED | WNOHANG).error, ECHILD);
  EXPECT_EQ(zombie.Reap(), 2 << 8);
}

// Auto-reaping: the parent's SIGCHLD action decides.

PROMISE(Zombie, IgnoredSigchldReapsAndWaitBlocksUntilAllAreGone,
        {.says = "With SIGCHLD ignored no child can be waited for: wait blocks until the last has "
                 "ended, then gives ECHILD.",
         .item = "222",
         .authority = "wait(2) NOTES, POSIX.1; kernel/signal.c do_notify_parent()"}) {
  ASSERT_NE(::signal(SIGCHLD, SIG_IGN), SIG_ERR);
  const Shared<std::atomic<int>> ended;
  const ScopedChild quick = Fork([&] { ended->fetch_add(1); });
  const ScopedChild slow = Fork([&] {
    if (!AwaitState(::getppid(), "S")) return 1;  // the test is in its wait
    ended->fetch_add(1);
    return 0;
  });
  EXPECT_EQ(Wait4(-1, 0).error, ECHILD);
  EXPECT_EQ(ended->load(), 2) << "the wait came back before all had ended";
  EXPECT_TRUE(AwaitGone(quick.Number()));
  EXPECT_TRUE(AwaitGone(slow.Number()));
}

std::atomic<int> sigchld_count;
void CountSigchld(int) { sigchld_count.fetch_add(1); }

PROMISE(
    Zombie, NoCldWaitReapsAndStillSignals,
    {.says = "SA_NOCLDWAIT with a handler reaps the child by itself, and SIGCHLD is still sent.",
     .item = "223",
     .authority = "sigaction(2) SA_NOCLDWAIT; kernel/signal.c do_notify_parent()"}) {
  struct sigaction action {};
  action.sa_handler = CountSigchld;
  action.sa_flags = SA_NOCLDWAIT | SA_RESTART;
  ASSERT_EQ(::sigaction(SIGCHLD, &action, nullptr), 0);
  const ScopedChild child = Fork([] { return 0; });
  EXPECT_EQ(Wait4(-1, 0).error, ECHILD);
  EXPECT_EQ(sigchld_count.load(), 1);
}

PROMISE(Zombie, IgnoringLaterLeavesExistingZombie,
        {.says = "Setting SIGCHLD to ignored does not reap a zombie that is already there.",
         .item = "224",
         .authority = "sigaction(2)",
         .kind = Kind::kLinux}) {
  ScopedChild zombie = Zombie(3);
  ASSERT_NE(::signal(SIGCHLD, SIG_IGN), SIG_ERR);
  EXPECT_EQ(Stat(zombie.Number()).state, 'Z');
  EXPECT_EQ(zombie.Reap(), 3 << 8);
}

PROMISE(Zombie, OtherExitSignalIsNotAutoReaped,
        {.says = "Ignoring SIGCHLD reaps only children whose exit signal is SIGCHLD: one with exit "
                 "signal 0 becomes a zombie.",
         .item = "226",
         .authority = "kernel/signal.c do_notify_parent()",
         .kind = Kind::kLinux}) {
  ASSERT_NE(::signal(SIGCHLD, SIG_IGN), SIG_ERR);
  const ScopedChild reaped = Fork([] { return 1; });
  EXPECT_EQ(Wait4(reaped.Number(), 0).error, ECHILD);
  ScopedChild silent = Clone(CloneArguments{}, [] { return 5; });
  EXPECT_EQ(silent.AwaitZombie().si_status, 5);
  EXPECT_EQ(silent.Reap(), 5 << 8);
}

PROMISE(Zombie, CountsAgainstProcessLimit,
        {.says = "A zombie counts against RLIMIT_NPROC until it is reaped.",
         .item = "211 313",
         .authority = "getrlimit(2); kernel/exit.c release_task()"}) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become a user that runs nothing else";
  // The count is per user of the whole machine: a uid that no other run takes.
  uid_t random = 0;
  ASSERT_EQ(::getrandom(&random, sizeof random, 0), static_cast<ssize_t>(sizeof random));
  const uid_t nobody_else = 0x10000000U + random % 0x10000000U;
  ScopedChild user = Fork([nobody_else] {
    const rlimit two{2, 2};
    if (::setresuid(nobody_else, nobody_else, nobody_else) != 0) return 10;
    if (::setrlimit(RLIMIT_NPROC, &two) != 0) return 11;
    const pid_t first = ::fork();
    if (first == 0) ::_exit(0);
    if (first < 0) return 12;
    if (WaitId(P_PID, first, WEXITED | WNOWAIT).result != 0) return 13;
    const pid_t refused = ::fork();
    if (refused == 0) ::_exit(0);
    if (refused > 0 || errno != EAGAIN) return 14;  // the zombie was not counted
    if (Wait4(first, 0).pid != first) return 15;
    const pid_t allowed = ::fork();
    if (allowed == 0) ::_exit(0);
    if (allowed < 0) return 16;  // it is still counted after the reap
    return Wait4(allowed, 0).pid == allowed ? 0 : 17;
  });
  EXPECT_EQ(user.Reap(), 0) << "exit status 10 to 17: the step that failed, see the source";
}

}  // namespace
}  // namespace procmark::conformance
