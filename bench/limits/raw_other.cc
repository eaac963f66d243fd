// The limits of what is measured beside plain creation: clone3's flags one by one, exec, and the
// reaping of a zombie by every call; written out apart from the subject's.
#include <linux/mman.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/wait.h>

#include "bench/limits/limit.h"
#include "bench/subject/text.h"
#include "harness/sys/raw_syscall.h"

namespace procmark::limit {
namespace {

using sys::RawArg;
using sys::RawSyscall;

constexpr int kGood = subject::kChildStatus << 8;
constexpr int kExited = 1;  // CLD_EXITED

// ---- clone(2) and clone3(2)

template <int, uint64_t kFlags>
PROCMARK_LIMIT_LOOP Clone3(const Plan& plan, volatile int64_t* samples, uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int status = -1;
    int tid = 0;
    clone_args arguments{};
    arguments.flags = kFlags;
    arguments.exit_signal = SIGCHLD;
    arguments.parent_tid = reinterpret_cast<uintptr_t>(&tid);
    arguments.child_tid = reinterpret_cast<uintptr_t>(&tid);
    arguments.tls = reinterpret_cast<uintptr_t>(&tid);
    const int64_t before = Now(plan);
    const long pid = RawSyscall(__NR_clone3, RawArg(&arguments), sizeof arguments);
    if (pid == 0) RawSyscall(__NR_exit_group, subject::kChildStatus);
    if (pid < 0) return pid;
    RawSyscall(__NR_wait4, pid, RawArg(&status), 0, 0);
    samples[i] = Now(plan) - before;
    good += status == kGood ? 1 : 0;
  }
  return good;
}

void ExitEntry(void*) { RawSyscall(__NR_exit_group, subject::kChildStatus); }

template <int>
PROCMARK_LIMIT_LOOP CloneVm(const Plan& plan, volatile int64_t* samples, uint32_t count) {
  constexpr unsigned long kStackBytes = 64 * 1024;
  const long stack = sys::RawMmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1);
  if (sys::RawFailed(stack)) return stack;
  char* const top = reinterpret_cast<char*>(stack) + kStackBytes;
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int status = -1;
    const int64_t before = Now(plan);
    const long pid =
        sys::RawCloneOnStack(CLONE_VM | SIGCHLD, top, nullptr, nullptr, ExitEntry, nullptr);
    RawSyscall(__NR_wait4, pid, RawArg(&status), 0, 0);
    samples[i] = Now(plan) - before;
    good += status == kGood ? 1 : 0;
  }
  RawSyscall(__NR_munmap, stack, static_cast<long>(kStackBytes));
  return good;
}

// ---- execve(2) of the programs that exit at once, after writing the time to a pipe

enum class Program { kStatic, kLibc };

template <int, Program kProgram, bool kVfork>
PROCMARK_LIMIT_LOOP Exec(const Plan& plan, volatile int64_t* samples, uint32_t count) {
  int stamps[2] = {-1, -1};
  const long piped = RawSyscall(__NR_pipe2, RawArg(stamps), 0);
  if (piped != 0) return piped;
  char name[] = "procmark-exit";  // not a constant, on whose page the child would fault
  char asks[16];
  subject::Text(asks, sizeof asks)
      .Add(plan.clock == subject::Clock::kNanoseconds ? "n"
           : plan.clock == subject::Clock::kTicks     ? "t"
                                                      : "c")
      .Add(stamps[1]);
  const char* const path = kProgram == Program::kLibc ? plan.libc_path : plan.path;
  const char* const arguments[3] = {name, asks, nullptr};
  const char* const environment[1] = {nullptr};
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int status = -1;
    int64_t stamp = 0;
    const int64_t before = Now(plan);
    const long pid = kVfork ? sys::RawClone(CLONE_VM | CLONE_VFORK | SIGCHLD) : sys::RawFork();
    if (pid == 0) {
      RawSyscall(__NR_execve, RawArg(path), RawArg(arguments), RawArg(environment));
      RawSyscall(__NR_exit_group, 1);
    }
    RawSyscall(__NR_wait4, pid, RawArg(&status), 0, 0);
    samples[i] = Now(plan) - before;
    if (status != kGood) break;  // it left no time to be read
    RawSyscall(__NR_read, stamps[0], RawArg(&stamp), sizeof stamp);
    ++good;
  }
  RawSyscall(__NR_close, stamps[0]);
  RawSyscall(__NR_close, stamps[1]);
  return good;
}

// ---- reaping

// The words of siginfo_t that waitid fills in; where they begin is the architecture's alignment.
struct Information {
  int words[128 / sizeof(int)];
  int Code() const { return words[2]; }
  int Pid() const { return words[kPidAt]; }
  int Status() const { return words[kPidAt + 2]; }
  static constexpr int kPidAt = sizeof(long) == 8 ? 4 : 3;
};

// A child that has ended and is not reaped; -errno.
[[gnu::always_inline]] inline long MakeZombie() {
  const long pid = sys::RawFork();
  if (pid == 0) RawSyscall(__NR_exit_group, subject::kChildStatus);
  if (pid < 0) return pid;
  RawSyscall(__NR_waitid, P_PID, pid, 0, WEXITED | WNOWAIT, 0);
  // A parent's first write to its stack after a fork is a fault: here, where it is not timed.
  volatile char touched = 0;
  (void)touched;
  return pid;
}

constexpr long kItself = -2;  // in place of a process number: that of the child

template <int, long kWhom, int kOptions, bool kUsage>
PROCMARK_LIMIT_LOOP Wait4(const Plan& plan, volatile int64_t* samples, uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    struct rusage usage {};
    int status = -1;
    const long pid = MakeZombie();
    const long whom = kWhom == kItself ? pid : kWhom;
    const int64_t before = Now(plan);
    RawSyscall(__NR_wait4, whom, RawArg(&status), kOptions, kUsage ? RawArg(&usage) : 0);
    samples[i] = Now(plan) - before;
    good += status == kGood ? 1 : 0;
  }
  return good;
}

template <int, int kType, bool kUsage>
PROCMARK_LIMIT_LOOP WaitId(const Plan& plan, volatile int64_t* samples, uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    struct rusage usage {};
    Information information{};
    const long pid = MakeZombie();
    const long whom = kType == P_PID ? pid : 0;
    const int64_t before = Now(plan);
    RawSyscall(__NR_waitid, kType, whom, RawArg(&information), WEXITED,
               kUsage ? RawArg(&usage) : 0);
    samples[i] = Now(plan) - before;
    good += information.Pid() == pid && information.Code() == kExited ? 1 : 0;
  }
  return good;
}

template <int>
PROCMARK_LIMIT_LOOP WaitIdPidfd(const Plan& plan, volatile int64_t* samples, uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    Information information{};
    const long pid = MakeZombie();
    const long pidfd = RawSyscall(__NR_pidfd_open, pid, 0);
    if (pidfd < 0) return pidfd;
    const int64_t before = Now(plan);
    RawSyscall(__NR_waitid, P_PIDFD, pidfd, RawArg(&information), WEXITED, 0);
    samples[i] = Now(plan) - before;
    RawSyscall(__NR_close, pidfd);
    good += information.Pid() == pid && information.Code() == kExited ? 1 : 0;
  }
  return good;
}

template <int>
PROCMARK_LIMIT_LOOP LookThenReap(const Plan& plan, volatile int64_t* samples, uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    Information information{};
    int status = -1;
    const long pid = MakeZombie();
    const int64_t before = Now(plan);
    RawSyscall(__NR_waitid, P_PID, pid, RawArg(&information), WEXITED | WNOWAIT, 0);
    RawSyscall(__NR_wait4, pid, RawArg(&status), 0, 0);
    samples[i] = Now(plan) - before;
    good += information.Pid() == pid && status == kGood ? 1 : 0;
  }
  return good;
}

}  // namespace

#define PROCMARK_LIMIT_SENTENCE(call) \
  "Measures " call " to reaped by the plainest loop: clock, operation, clock, store."
#define PROCMARK_FLAG_LIMIT(flag, words, flags)                                          \
  {                                                                                      \
    "limit/clone3/flags:" flag, "clone3/flags:" flag "/to:reaped", "clone3",             \
        PROCMARK_LIMIT_SENTENCE("clone3(2) with " words), PROCMARK_PLACES(Clone3, flags) \
  }
#define PROCMARK_REAP_LIMIT(by, words, ...)                                                    \
  {                                                                                            \
    "limit/reap/by:" by, "reap/by:" by, "reap", PROCMARK_LIMIT_SENTENCE("a zombie by " words), \
        PROCMARK_PLACES(__VA_ARGS__)                                                           \
  }
#define PROCMARK_EXEC_LIMIT(program, after, words, ...)                                        \
  {                                                                                            \
    "limit/exec/program:" program "/after:" after,                                             \
        "exec/program:" program "/after:" after "/to:reaped", "exec",                          \
        PROCMARK_LIMIT_SENTENCE(words                                                          \
                                " and execve(2) of a program that writes the time to a pipe"), \
        PROCMARK_PLACES(__VA_ARGS__)                                                           \
  }

const Limit kLimits[] = {
    {"limit/clone/flags:vm", "clone/flags:vm/to:reaped", "clone",
     PROCMARK_LIMIT_SENTENCE("clone(2) with CLONE_VM"), PROCMARK_PLACES(CloneVm)},
    PROCMARK_FLAG_LIMIT("files", "CLONE_FILES", CLONE_FILES),
    PROCMARK_FLAG_LIMIT("fs", "CLONE_FS", CLONE_FS),
    PROCMARK_FLAG_LIMIT("io", "CLONE_IO", CLONE_IO),
    PROCMARK_FLAG_LIMIT("sysvsem", "CLONE_SYSVSEM", CLONE_SYSVSEM),
    PROCMARK_FLAG_LIMIT("vm_vfork_sighand", "CLONE_VM|CLONE_VFORK|CLONE_SIGHAND",
                        CLONE_VM | CLONE_VFORK | CLONE_SIGHAND),
    PROCMARK_FLAG_LIMIT("parent_settid", "CLONE_PARENT_SETTID", CLONE_PARENT_SETTID),
    PROCMARK_FLAG_LIMIT("child_settid", "CLONE_CHILD_SETTID", CLONE_CHILD_SETTID),
    PROCMARK_FLAG_LIMIT("child_cleartid", "CLONE_CHILD_CLEARTID", CLONE_CHILD_CLEARTID),
    PROCMARK_FLAG_LIMIT("settls", "CLONE_SETTLS", CLONE_SETTLS),
    PROCMARK_FLAG_LIMIT("clear_sighand", "CLONE_CLEAR_SIGHAND", 0x100000000ULL),
    PROCMARK_FLAG_LIMIT("newns", "CLONE_NEWNS", CLONE_NEWNS),
    PROCMARK_FLAG_LIMIT("newuts", "CLONE_NEWUTS", CLONE_NEWUTS),
    PROCMARK_FLAG_LIMIT("newipc", "CLONE_NEWIPC", CLONE_NEWIPC),
    PROCMARK_FLAG_LIMIT("newpid", "CLONE_NEWPID", CLONE_NEWPID),
    PROCMARK_FLAG_LIMIT("newnet", "CLONE_NEWNET", CLONE_NEWNET),
    PROCMARK_FLAG_LIMIT("newuser", "CLONE_NEWUSER", CLONE_NEWUSER),
    PROCMARK_FLAG_LIMIT("newcgroup", "CLONE_NEWCGROUP", CLONE_NEWCGROUP),
    PROCMARK_FLAG_LIMIT("newtime", "CLONE_NEWTIME", 0x80),
    PROCMARK_EXEC_LIMIT("static", "fork", "fork(2)", Exec, Program::kStatic, false),
    PROCMARK_EXEC_LIMIT("static", "vfork", "clone(CLONE_VM|CLONE_VFORK)", Exec, Program::kStatic,
                        true),
    PROCMARK_EXEC_LIMIT("libc", "fork", "fork(2)", Exec, Program::kLibc, false),
    PROCMARK_EXEC_LIMIT("libc", "vfork", "clone(CLONE_VM|CLONE_VFORK)", Exec, Program::kLibc, true),
    PROCMARK_REAP_LIMIT("wait4", "wait4(2)", Wait4, kItself, 0, false),
    PROCMARK_REAP_LIMIT("wait4_rusage", "wait4(2) with its usage", Wait4, kItself, 0, true),
    PROCMARK_REAP_LIMIT("wait4_any", "wait4(2) of any child", Wait4, -1, 0, false),
    PROCMARK_REAP_LIMIT("wait4_group", "wait4(2) of the process group", Wait4, 0, 0, false),
    PROCMARK_REAP_LIMIT("wait4_nohang", "wait4(2) with WNOHANG", Wait4, kItself, WNOHANG, false),
    PROCMARK_REAP_LIMIT("waitid_pid", "waitid(2) with P_PID", WaitId, P_PID, false),
    PROCMARK_REAP_LIMIT("waitid_rusage", "waitid(2) with P_PID and usage", WaitId, P_PID, true),
    PROCMARK_REAP_LIMIT("waitid_all", "waitid(2) with P_ALL", WaitId, P_ALL, false),
    PROCMARK_REAP_LIMIT("waitid_pgid", "waitid(2) with P_PGID", WaitId, P_PGID, false),
    PROCMARK_REAP_LIMIT("waitid_pidfd", "waitid(2) with P_PIDFD", WaitIdPidfd),
    PROCMARK_REAP_LIMIT("nowait_then_wait4", "waitid(2) with WNOWAIT and wait4(2)", LookThenReap),
    {}};

}  // namespace procmark::limit
