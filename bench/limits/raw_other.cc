// SPDX-License-Identifier: MIT
// The limits of everything else without a C library: clone3 with one flag, exec, and the reaping of
// a zombie by every call.
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

template <int kPlace, uint64_t kFlags>
[[gnu::aligned(kLoopBoundary)]] int64_t Clone3(const Inputs& inputs, volatile int64_t* samples,
                                               uint32_t count) {
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
    const int64_t before = Now(inputs);
    const long pid = RawSyscall(__NR_clone3, RawArg(&arguments), sizeof arguments);
    if (pid == 0) RawSyscall(__NR_exit_group, subject::kChildStatus);
    if (pid < 0) return pid;
    RawSyscall(__NR_wait4, pid, RawArg(&status), 0, 0);
    samples[i] = Now(inputs) - before;
    good += status == kGood ? 1 : 0;
  }
  return good;
}

void ExitEntry(void*) { RawSyscall(__NR_exit_group, subject::kChildStatus); }

template <int kPlace>
[[gnu::aligned(kLoopBoundary)]] int64_t CloneVm(const Inputs& inputs, volatile int64_t* samples,
                                                uint32_t count) {
  constexpr unsigned long kStackBytes = 64 * 1024;
  const long stack = sys::RawMmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1);
  if (sys::RawFailed(stack)) return stack;
  char* const top = reinterpret_cast<char*>(stack) + kStackBytes;
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int status = -1;
    const int64_t before = Now(inputs);
    const long pid =
        sys::RawCloneOnStack(CLONE_VM | SIGCHLD, top, nullptr, nullptr, ExitEntry, nullptr);
    RawSyscall(__NR_wait4, pid, RawArg(&status), 0, 0);
    samples[i] = Now(inputs) - before;
    good += status == kGood ? 1 : 0;
  }
  RawSyscall(__NR_munmap, stack, static_cast<long>(kStackBytes));
  return good;
}

// ---- execve(2) of the programs that exit at once, after writing the time to a pipe

enum class Program { kRaw, kLibc };

template <int kPlace, Program kProgram, bool kVfork>
[[gnu::aligned(kLoopBoundary)]] int64_t Exec(const Inputs& inputs, volatile int64_t* samples,
                                             uint32_t count) {
  int stamps[2] = {-1, -1};
  const long piped = RawSyscall(__NR_pipe2, RawArg(stamps), 0);
  if (piped != 0) return piped;
  char name[] = "procmark-exit";  // on the stack: the child would fault on a constant's page
  char asks[16];
  subject::Text(asks, sizeof asks).Add(ClockLetter(inputs.clock)).Add(stamps[1]);
  const char* const path = kProgram == Program::kLibc ? inputs.libc_path : inputs.path;
  const char* const arguments[3] = {name, asks, nullptr};
  const char* const environment[1] = {nullptr};
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int status = -1;
    int64_t stamp = 0;
    const int64_t before = Now(inputs);
    const long pid = kVfork ? sys::RawClone(CLONE_VM | CLONE_VFORK | SIGCHLD) : sys::RawFork();
    if (pid == 0) {
      RawSyscall(__NR_execve, RawArg(path), RawArg(arguments), RawArg(environment));
      RawSyscall(__NR_exit_group, 1);
    }
    RawSyscall(__NR_wait4, pid, RawArg(&status), 0, 0);
    samples[i] = Now(inputs) - before;
    if (status != kGood) break;  // the program wrote no time
    RawSyscall(__NR_read, stamps[0], RawArg(&stamp), sizeof stamp);
    ++good;
  }
  RawSyscall(__NR_close, stamps[0]);
  RawSyscall(__NR_close, stamps[1]);
  return good;
}

// ---- reaping

// The words of siginfo_t that waitid(2) fills in. si_pid begins at the next multiple of a long's
// size.
struct Information {
  int words[128 / sizeof(int)];
  int Code() const { return words[2]; }
  int Pid() const { return words[kPidAt]; }
  int Status() const { return words[kPidAt + 2]; }
  static constexpr int kPidAt = sizeof(long) == 8 ? 4 : 3;
};

// Creates a child that has ended and is not reaped. Returns its pid or -errno.
[[gnu::always_inline]] inline long MakeZombie() {
  const long pid = sys::RawFork();
  if (pid == 0) RawSyscall(__NR_exit_group, subject::kChildStatus);
  if (pid < 0) return pid;
  RawSyscall(__NR_waitid, P_PID, pid, 0, WEXITED | WNOWAIT, 0);
  // The parent's first write to its stack after a fork takes a fault. Take it here, untimed.
  volatile char touched = 0;
  (void)touched;
  return pid;
}

constexpr long kItself = -2;  // stands for the child's pid

template <int kPlace, long kWhom, int kOptions, bool kUsage>
[[gnu::aligned(kLoopBoundary)]] int64_t Wait4(const Inputs& inputs, volatile int64_t* samples,
                                              uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    struct rusage usage {};
    int status = -1;
    const long pid = MakeZombie();
    const long whom = kWhom == kItself ? pid : kWhom;
    const int64_t before = Now(inputs);
    RawSyscall(__NR_wait4, whom, RawArg(&status), kOptions, kUsage ? RawArg(&usage) : 0);
    samples[i] = Now(inputs) - before;
    good += status == kGood ? 1 : 0;
  }
  return good;
}

template <int kPlace, int kType, bool kUsage>
[[gnu::aligned(kLoopBoundary)]] int64_t WaitId(const Inputs& inputs, volatile int64_t* samples,
                                               uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    struct rusage usage {};
    Information information{};
    const long pid = MakeZombie();
    const long whom = kType == P_PID ? pid : 0;
    const int64_t before = Now(inputs);
    RawSyscall(__NR_waitid, kType, whom, RawArg(&information), WEXITED,
               kUsage ? RawArg(&usage) : 0);
    samples[i] = Now(inputs) - before;
    good += information.Pid() == pid && information.Code() == kExited ? 1 : 0;
  }
  return good;
}

template <int kPlace>
[[gnu::aligned(kLoopBoundary)]] int64_t WaitIdPidfd(const Inputs& inputs, volatile int64_t* samples,
                                                    uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    Information information{};
    const long pid = MakeZombie();
    const long pidfd = RawSyscall(__NR_pidfd_open, pid, 0);
    if (pidfd < 0) return pidfd;
    const int64_t before = Now(inputs);
    RawSyscall(__NR_waitid, P_PIDFD, pidfd, RawArg(&information), WEXITED, 0);
    samples[i] = Now(inputs) - before;
    RawSyscall(__NR_close, pidfd);
    good += information.Pid() == pid && information.Code() == kExited ? 1 : 0;
  }
  return good;
}

template <int kPlace>
[[gnu::aligned(kLoopBoundary)]] int64_t LookThenReap(const Inputs& inputs,
                                                     volatile int64_t* samples, uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    Information information{};
    int status = -1;
    const long pid = MakeZombie();
    const int64_t before = Now(inputs);
    RawSyscall(__NR_waitid, P_PID, pid, RawArg(&information), WEXITED | WNOWAIT, 0);
    RawSyscall(__NR_wait4, pid, RawArg(&status), 0, 0);
    samples[i] = Now(inputs) - before;
    good += information.Pid() == pid && status == kGood ? 1 : 0;
  }
  return good;
}

}  // namespace

template <Literal kFlag, Literal kWhat, uint64_t kFlags>
consteval Limit WithFlag() {
  return {.name = Join<"limit/clone3/flags:", kFlag>,
          .limit_of = Join<"clone3/flags:", kFlag, "/to:reaped">,
          .measures = kByPlainestLoop<subject::kJoined<"clone3(2) with ", kWhat, " to reaped">>,
          .loops = AtEveryPlace([]<int kPlace>() { return Clone3<kPlace, kFlags>; })};
}

template <Literal kProgram, Literal kAfter, Literal kCall, Program kExecuted, bool kVfork>
consteval Limit Executing() {
  return {.name = Join<"limit/exec/program:", kProgram, "/after:", kAfter>,
          .limit_of = Join<"exec/program:", kProgram, "/after:", kAfter, "/to:reaped">,
          .measures = kByPlainestLoop<
              subject::kJoined<kCall,
                               " and execve(2) of a program that writes the time to a pipe to "
                               "reaped">>,
          .loops = AtEveryPlace([]<int kPlace>() { return Exec<kPlace, kExecuted, kVfork>; })};
}

template <Literal kBy, Literal kWhat>
consteval Limit Reaping(Loops loops) {
  return {.name = Join<"limit/reap/by:", kBy>,
          .limit_of = Join<"reap/by:", kBy>,
          .measures = kByPlainestLoop<subject::kJoined<"a zombie by ", kWhat, " to reaped">>,
          .loops = loops};
}

template <long kWhom, int kOptions, bool kUsage>
consteval Loops WithWait4() {
  return AtEveryPlace([]<int kPlace>() { return Wait4<kPlace, kWhom, kOptions, kUsage>; });
}

template <int kType, bool kUsage>
consteval Loops WithWaitId() {
  return AtEveryPlace([]<int kPlace>() { return WaitId<kPlace, kType, kUsage>; });
}

const Limit kLimits[] = {
    {.name = "limit/clone/flags:vm",
     .limit_of = "clone/flags:vm/to:reaped",
     .measures = kByPlainestLoop<"clone(2) with CLONE_VM to reaped">,
     .loops = AtEveryPlace([]<int kPlace>() { return CloneVm<kPlace>; })},
    WithFlag<"files", "CLONE_FILES", CLONE_FILES>(),
    WithFlag<"fs", "CLONE_FS", CLONE_FS>(),
    WithFlag<"io", "CLONE_IO", CLONE_IO>(),
    WithFlag<"sysvsem", "CLONE_SYSVSEM", CLONE_SYSVSEM>(),
    WithFlag<"vm_vfork_sighand", "CLONE_VM|CLONE_VFORK|CLONE_SIGHAND",
             CLONE_VM | CLONE_VFORK | CLONE_SIGHAND>(),
    WithFlag<"parent_settid", "CLONE_PARENT_SETTID", CLONE_PARENT_SETTID>(),
    WithFlag<"child_settid", "CLONE_CHILD_SETTID", CLONE_CHILD_SETTID>(),
    WithFlag<"child_cleartid", "CLONE_CHILD_CLEARTID", CLONE_CHILD_CLEARTID>(),
    WithFlag<"settls", "CLONE_SETTLS", CLONE_SETTLS>(),
    WithFlag<"clear_sighand", "CLONE_CLEAR_SIGHAND", 0x100000000ULL>(),
    WithFlag<"newns", "CLONE_NEWNS", CLONE_NEWNS>(),
    WithFlag<"newuts", "CLONE_NEWUTS", CLONE_NEWUTS>(),
    WithFlag<"newipc", "CLONE_NEWIPC", CLONE_NEWIPC>(),
    WithFlag<"newpid", "CLONE_NEWPID", CLONE_NEWPID>(),
    WithFlag<"newnet", "CLONE_NEWNET", CLONE_NEWNET>(),
    WithFlag<"newuser", "CLONE_NEWUSER", CLONE_NEWUSER>(),
    WithFlag<"newcgroup", "CLONE_NEWCGROUP", CLONE_NEWCGROUP>(),
    WithFlag<"newtime", "CLONE_NEWTIME", 0x80>(),
    Executing<"static", "fork", "fork(2)", Program::kRaw, false>(),
    Executing<"static", "vfork", "clone(CLONE_VM|CLONE_VFORK)", Program::kRaw, true>(),
    Executing<"libc", "fork", "fork(2)", Program::kLibc, false>(),
    Executing<"libc", "vfork", "clone(CLONE_VM|CLONE_VFORK)", Program::kLibc, true>(),
    Reaping<"wait4", "wait4(2)">(WithWait4<kItself, 0, false>()),
    Reaping<"wait4_rusage", "wait4(2), asking for its usage,">(WithWait4<kItself, 0, true>()),
    Reaping<"wait4_any", "wait4(2) of any child">(WithWait4<-1, 0, false>()),
    Reaping<"wait4_group", "wait4(2) of the process group">(WithWait4<0, 0, false>()),
    Reaping<"wait4_nohang", "wait4(2) with WNOHANG">(WithWait4<kItself, WNOHANG, false>()),
    Reaping<"waitid_pid", "waitid(2) with P_PID">(WithWaitId<P_PID, false>()),
    Reaping<"waitid_rusage", "waitid(2) with P_PID, asking for its usage,">(
        WithWaitId<P_PID, true>()),
    Reaping<"waitid_all", "waitid(2) with P_ALL">(WithWaitId<P_ALL, false>()),
    Reaping<"waitid_pgid", "waitid(2) with P_PGID">(WithWaitId<P_PGID, false>()),
    Reaping<"waitid_pidfd", "waitid(2) with P_PIDFD">(
        AtEveryPlace([]<int kPlace>() { return WaitIdPidfd<kPlace>; })),
    Reaping<"nowait_then_wait4", "waitid(2) with WNOWAIT and wait4(2)">(
        AtEveryPlace([]<int kPlace>() { return LookThenReap<kPlace>; })),
    {}};

}  // namespace procmark::limit
