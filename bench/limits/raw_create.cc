// SPDX-License-Identifier: MIT
// The limits of raw creation. Each loop is written by hand: clock, operation, clock, store.
#include <linux/futex.h>
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/signal.h>

#include "bench/limits/limit.h"
#include "harness/sys/raw_syscall.h"

namespace procmark::limit {
namespace {

using sys::RawArg;
using sys::RawSyscall;

constexpr int kGood = subject::kChildStatus << 8;

template <int kPlace>
[[gnu::aligned(kLoopBoundary)]] int64_t Fork(const Inputs& inputs, volatile int64_t* samples,
                                             uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int status = -1;
    const int64_t before = Now(inputs);
    const long pid = sys::RawFork();
    if (pid == 0) RawSyscall(__NR_exit_group, subject::kChildStatus);
    RawSyscall(__NR_wait4, pid, RawArg(&status), 0, 0);
    samples[i] = Now(inputs) - before;
    good += status == kGood ? 1 : 0;
  }
  return good;
}

template <int kPlace>
[[gnu::aligned(kLoopBoundary)]] int64_t Vfork(const Inputs& inputs, volatile int64_t* samples,
                                              uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int status = -1;
    const int64_t before = Now(inputs);
    const long pid = sys::RawVfork();
    if (pid == 0) RawSyscall(__NR_exit_group, subject::kChildStatus);
    RawSyscall(__NR_wait4, pid, RawArg(&status), 0, 0);
    samples[i] = Now(inputs) - before;
    good += status == kGood ? 1 : 0;
  }
  return good;
}

template <int kPlace>
[[gnu::aligned(kLoopBoundary)]] int64_t Clone(const Inputs& inputs, volatile int64_t* samples,
                                              uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int status = -1;
    const int64_t before = Now(inputs);
    const long pid = sys::RawClone(SIGCHLD);
    if (pid == 0) RawSyscall(__NR_exit_group, subject::kChildStatus);
    RawSyscall(__NR_wait4, pid, RawArg(&status), 0, 0);
    samples[i] = Now(inputs) - before;
    good += status == kGood ? 1 : 0;
  }
  return good;
}

template <int kPlace>
[[gnu::aligned(kLoopBoundary)]] int64_t CloneVmVfork(const Inputs& inputs,
                                                     volatile int64_t* samples, uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int status = -1;
    const int64_t before = Now(inputs);
    const long pid = sys::RawClone(CLONE_VM | CLONE_VFORK | SIGCHLD);
    if (pid == 0) RawSyscall(__NR_exit_group, subject::kChildStatus);
    RawSyscall(__NR_wait4, pid, RawArg(&status), 0, 0);
    samples[i] = Now(inputs) - before;
    good += status == kGood ? 1 : 0;
  }
  return good;
}

template <int kPlace>
[[gnu::aligned(kLoopBoundary)]] int64_t Clone3(const Inputs& inputs, volatile int64_t* samples,
                                               uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int status = -1;
    clone_args arguments{};
    arguments.exit_signal = SIGCHLD;
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

template <int kPlace>
[[gnu::aligned(kLoopBoundary)]] int64_t Clone3PidFd(const Inputs& inputs, volatile int64_t* samples,
                                                    uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int status = -1;
    int pidfd = -1;
    clone_args arguments{};
    arguments.flags = CLONE_PIDFD;
    arguments.pidfd = reinterpret_cast<uintptr_t>(&pidfd);
    arguments.exit_signal = SIGCHLD;
    const int64_t before = Now(inputs);
    const long pid = RawSyscall(__NR_clone3, RawArg(&arguments), sizeof arguments);
    if (pid == 0) RawSyscall(__NR_exit_group, subject::kChildStatus);
    if (pid < 0) return pid;
    RawSyscall(__NR_wait4, pid, RawArg(&status), 0, 0);
    samples[i] = Now(inputs) - before;
    good += status == kGood ? 1 : 0;
    RawSyscall(__NR_close, pidfd);
  }
  return good;
}

template <int kPlace>
[[gnu::aligned(kLoopBoundary)]] int64_t Spawn(const Inputs& inputs, volatile int64_t* samples,
                                              uint32_t count) {
  int64_t good = 0;
  const char* arguments[2] = {"procmark-exit", nullptr};
  const char* environment[1] = {nullptr};
  for (uint32_t i = 0; i < count; ++i) {
    int status = -1;
    const int64_t before = Now(inputs);
    const long pid = sys::RawClone(CLONE_VM | CLONE_VFORK | SIGCHLD);
    if (pid == 0) {
      RawSyscall(__NR_execve, RawArg(inputs.path), RawArg(arguments), RawArg(environment));
      RawSyscall(__NR_exit_group, 1);
    }
    RawSyscall(__NR_wait4, pid, RawArg(&status), 0, 0);
    samples[i] = Now(inputs) - before;
    good += status == kGood ? 1 : 0;
  }
  return good;
}

// In one cache line: the thread writes to `good`, the kernel clears `tid`.
struct alignas(64) Ran {
  int64_t good;
  int tid;
};

void ThreadBody(void* ran) {
  ++static_cast<Ran*>(ran)->good;
  RawSyscall(__NR_exit, 0);
}

template <int kPlace>
[[gnu::aligned(kLoopBoundary)]] int64_t Thread(const Inputs& inputs, volatile int64_t* samples,
                                               uint32_t count) {
  constexpr unsigned long kFlags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
                                   CLONE_THREAD | CLONE_SYSVSEM | CLONE_PARENT_SETTID |
                                   CLONE_CHILD_CLEARTID;
  constexpr unsigned long kStackBytes = 64 * 1024;
  const long stack = sys::RawMmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1);
  if (sys::RawFailed(stack)) return 0;
  char* const top = reinterpret_cast<char*>(stack) + kStackBytes;
  Ran ran{};
  for (uint32_t i = 0; i < count; ++i) {
    ran.tid = 0;
    const int64_t before = Now(inputs);
    sys::RawCloneOnStack(kFlags, top, &ran.tid, &ran.tid, ThreadBody, &ran);
    for (int seen; (seen = __atomic_load_n(&ran.tid, __ATOMIC_ACQUIRE)) != 0;)
      RawSyscall(__NR_futex, RawArg(&ran.tid), FUTEX_WAIT, seen, 0);
    samples[i] = Now(inputs) - before;
  }
  RawSyscall(__NR_munmap, stack, static_cast<long>(kStackBytes));
  return ran.good;
}

}  // namespace

const Limit kLimits[] = {
    {.name = "limit/fork",
     .limit_of = "fork/to:reaped",
     .measures = kByPlainestLoop<"fork(2) to reaped">,
     .loops = AtEveryPlace([]<int kPlace>() { return Fork<kPlace>; })},
    {.name = "limit/vfork",
     .limit_of = "vfork/to:reaped",
     .measures = kByPlainestLoop<"vfork(2) to reaped">,
     .loops = AtEveryPlace([]<int kPlace>() { return Vfork<kPlace>; })},
    {.name = "limit/clone",
     .limit_of = "clone/to:reaped",
     .measures = kByPlainestLoop<"clone(2) without flags to reaped">,
     .loops = AtEveryPlace([]<int kPlace>() { return Clone<kPlace>; })},
    {.name = "limit/clone/flags:vm_vfork",
     .limit_of = "clone/flags:vm_vfork/to:reaped",
     .measures = kByPlainestLoop<"clone(2) with CLONE_VM|CLONE_VFORK to reaped">,
     .loops = AtEveryPlace([]<int kPlace>() { return CloneVmVfork<kPlace>; })},
    {.name = "limit/clone3",
     .limit_of = "clone3/to:reaped",
     .measures = kByPlainestLoop<"clone3(2) without flags to reaped">,
     .loops = AtEveryPlace([]<int kPlace>() { return Clone3<kPlace>; })},
    {.name = "limit/clone3/flags:pidfd",
     .limit_of = "clone3/flags:pidfd/to:reaped",
     .measures = kByPlainestLoop<"clone3(2) with CLONE_PIDFD to reaped">,
     .loops = AtEveryPlace([]<int kPlace>() { return Clone3PidFd<kPlace>; })},
    {.name = "limit/posix_spawn",
     .limit_of = "posix_spawn/to:reaped",
     .measures = kByPlainestLoop<"clone(CLONE_VM|CLONE_VFORK) and execve(2) to reaped">,
     .loops = AtEveryPlace([]<int kPlace>() { return Spawn<kPlace>; })},
    {.name = "limit/thread",
     .limit_of = "thread/to:reaped",
     .measures = kByPlainestLoop<"clone(2) of a thread to reaped">,
     .loops = AtEveryPlace([]<int kPlace>() { return Thread<kPlace>; })},
    {}};

}  // namespace procmark::limit
