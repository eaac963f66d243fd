// The limits of the raw forms: clock, operation, clock, store; written out by hand for each.
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

template <int>
PROCMARK_LIMIT_LOOP Fork(const Plan& plan, volatile int64_t* samples, uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int status = -1;
    const int64_t before = Now(plan);
    const long pid = sys::RawFork();
    if (pid == 0) RawSyscall(__NR_exit_group, subject::kChildStatus);
    RawSyscall(__NR_wait4, pid, RawArg(&status), 0, 0);
    samples[i] = Now(plan) - before;
    good += status == kGood ? 1 : 0;
  }
  return good;
}

template <int>
PROCMARK_LIMIT_LOOP Vfork(const Plan& plan, volatile int64_t* samples, uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int status = -1;
    const int64_t before = Now(plan);
    const long pid = sys::RawVfork();
    if (pid == 0) RawSyscall(__NR_exit_group, subject::kChildStatus);
    RawSyscall(__NR_wait4, pid, RawArg(&status), 0, 0);
    samples[i] = Now(plan) - before;
    good += status == kGood ? 1 : 0;
  }
  return good;
}

template <int>
PROCMARK_LIMIT_LOOP Clone(const Plan& plan, volatile int64_t* samples, uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int status = -1;
    const int64_t before = Now(plan);
    const long pid = sys::RawClone(SIGCHLD);
    if (pid == 0) RawSyscall(__NR_exit_group, subject::kChildStatus);
    RawSyscall(__NR_wait4, pid, RawArg(&status), 0, 0);
    samples[i] = Now(plan) - before;
    good += status == kGood ? 1 : 0;
  }
  return good;
}

template <int>
PROCMARK_LIMIT_LOOP CloneVmVfork(const Plan& plan, volatile int64_t* samples, uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int status = -1;
    const int64_t before = Now(plan);
    const long pid = sys::RawClone(CLONE_VM | CLONE_VFORK | SIGCHLD);
    if (pid == 0) RawSyscall(__NR_exit_group, subject::kChildStatus);
    RawSyscall(__NR_wait4, pid, RawArg(&status), 0, 0);
    samples[i] = Now(plan) - before;
    good += status == kGood ? 1 : 0;
  }
  return good;
}

template <int>
PROCMARK_LIMIT_LOOP Clone3(const Plan& plan, volatile int64_t* samples, uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int status = -1;
    clone_args arguments{};
    arguments.exit_signal = SIGCHLD;
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

template <int>
PROCMARK_LIMIT_LOOP Clone3PidFd(const Plan& plan, volatile int64_t* samples, uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int status = -1;
    int pidfd = -1;
    clone_args arguments{};
    arguments.flags = CLONE_PIDFD;
    arguments.pidfd = reinterpret_cast<uintptr_t>(&pidfd);
    arguments.exit_signal = SIGCHLD;
    const int64_t before = Now(plan);
    const long pid = RawSyscall(__NR_clone3, RawArg(&arguments), sizeof arguments);
    if (pid == 0) RawSyscall(__NR_exit_group, subject::kChildStatus);
    if (pid < 0) return pid;
    RawSyscall(__NR_wait4, pid, RawArg(&status), 0, 0);
    samples[i] = Now(plan) - before;
    good += status == kGood ? 1 : 0;
    RawSyscall(__NR_close, pidfd);
  }
  return good;
}

template <int>
PROCMARK_LIMIT_LOOP Spawn(const Plan& plan, volatile int64_t* samples, uint32_t count) {
  int64_t good = 0;
  const char* arguments[2] = {"procmark-exit", nullptr};
  const char* environment[1] = {nullptr};
  for (uint32_t i = 0; i < count; ++i) {
    int status = -1;
    const int64_t before = Now(plan);
    const long pid = sys::RawClone(CLONE_VM | CLONE_VFORK | SIGCHLD);
    if (pid == 0) {
      RawSyscall(__NR_execve, RawArg(plan.path), RawArg(arguments), RawArg(environment));
      RawSyscall(__NR_exit_group, 1);
    }
    RawSyscall(__NR_wait4, pid, RawArg(&status), 0, 0);
    samples[i] = Now(plan) - before;
    good += status == kGood ? 1 : 0;
  }
  return good;
}

// One cache line: the thread writes `good`, the kernel clears `tid`.
struct alignas(64) Ran {
  int64_t good;
  int tid;
};

void ThreadBody(void* ran) {
  ++static_cast<Ran*>(ran)->good;
  RawSyscall(__NR_exit, 0);
}

template <int>
PROCMARK_LIMIT_LOOP Thread(const Plan& plan, volatile int64_t* samples, uint32_t count) {
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
    const int64_t before = Now(plan);
    sys::RawCloneOnStack(kFlags, top, &ran.tid, &ran.tid, ThreadBody, &ran);
    for (int seen; (seen = __atomic_load_n(&ran.tid, __ATOMIC_ACQUIRE)) != 0;)
      RawSyscall(__NR_futex, RawArg(&ran.tid), FUTEX_WAIT, seen, 0);
    samples[i] = Now(plan) - before;
  }
  RawSyscall(__NR_munmap, stack, static_cast<long>(kStackBytes));
  return ran.good;
}

}  // namespace

#define PROCMARK_LIMIT_SENTENCE(call) \
  "Measures " call " to reaped by the plainest loop: clock, operation, clock, store."

const Limit kLimits[] = {
    {"limit/fork", "fork/to:reaped", "fork", PROCMARK_LIMIT_SENTENCE("fork(2)"),
     PROCMARK_PLACES(Fork)},
    {"limit/vfork", "vfork/to:reaped", "vfork", PROCMARK_LIMIT_SENTENCE("vfork(2)"),
     PROCMARK_PLACES(Vfork)},
    {"limit/clone", "clone/to:reaped", "clone", PROCMARK_LIMIT_SENTENCE("clone(2) without flags"),
     PROCMARK_PLACES(Clone)},
    {"limit/clone/flags:vm_vfork", "clone/flags:vm_vfork/to:reaped", "clone",
     PROCMARK_LIMIT_SENTENCE("clone(2) with CLONE_VM|CLONE_VFORK"), PROCMARK_PLACES(CloneVmVfork)},
    {"limit/clone3", "clone3/to:reaped", "clone3",
     PROCMARK_LIMIT_SENTENCE("clone3(2) without flags"), PROCMARK_PLACES(Clone3)},
    {"limit/clone3/flags:pidfd", "clone3/flags:pidfd/to:reaped", "clone3",
     PROCMARK_LIMIT_SENTENCE("clone3(2) with CLONE_PIDFD"), PROCMARK_PLACES(Clone3PidFd)},
    {"limit/posix_spawn", "posix_spawn/to:reaped", "posix_spawn",
     PROCMARK_LIMIT_SENTENCE("clone(CLONE_VM|CLONE_VFORK) and execve(2)"), PROCMARK_PLACES(Spawn)},
    {"limit/thread", "thread/to:reaped", "thread", PROCMARK_LIMIT_SENTENCE("clone(2) of a thread"),
     PROCMARK_PLACES(Thread)},
    {}};

}  // namespace procmark::limit
