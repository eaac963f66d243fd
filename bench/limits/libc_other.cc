// The limits of the C library's other forms: more ways to spawn, and how a parent hears of an end.
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "bench/limits/limit.h"

namespace procmark::limit {
namespace {

constexpr int kGood = subject::kChildStatus << 8;

bool ExitedWell(const siginfo_t& info) {
  return info.si_code == CLD_EXITED && info.si_status == subject::kChildStatus;
}

// ---- spawning

int64_t SpawnSearching(const Plan& plan, volatile int64_t* samples, uint32_t count) {
  char name[] = "procmark-exit";
  char* arguments[2] = {name, nullptr};
  char* environment[1] = {nullptr};
  const char* const file = std::strrchr(plan.path, '/') + 1;
  setenv("PATH", "/nonesuch:/dev:/proc/self/fd", 1);
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int status = -1;
    pid_t pid = -1;
    const int64_t before = Now(plan);
    posix_spawnp(&pid, file, nullptr, nullptr, arguments, environment);
    waitpid(pid, &status, 0);
    samples[i] = Now(plan) - before;
    good += status == kGood ? 1 : 0;
  }
  return good;
}

int64_t SpawnForPidfd(const Plan& plan, volatile int64_t* samples, uint32_t count) {
  char name[] = "procmark-exit";
  char* arguments[2] = {name, nullptr};
  char* environment[1] = {nullptr};
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    siginfo_t info{};
    int pidfd = -1;
    const int64_t before = Now(plan);
    const int error = pidfd_spawn(&pidfd, plan.path, nullptr, nullptr, arguments, environment);
    if (error != 0) return -error;
    waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED);
    samples[i] = Now(plan) - before;
    close(pidfd);
    good += ExitedWell(info) ? 1 : 0;
  }
  return good;
}

// ---- threads

template <typename Thread>
int64_t Class(const Plan& plan, volatile int64_t* samples, uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const int64_t before = Now(plan);
    {
      Thread thread([&good] { ++good; });
      thread.join();
    }
    samples[i] = Now(plan) - before;
  }
  return good;
}

// ---- hearing of a child's end, from its last clock read

// A child that waits for a byte in `go`, leaves the time and ends.
pid_t StartTold(const Plan& plan, int (&go)[2]) {
  if (pipe(go) != 0) return -1;
  const pid_t pid = fork();
  if (pid != 0) {
    close(go[0]);
    return pid;
  }
  char byte = 0;
  close(go[1]);
  *plan.stamp = 0;
  if (read(go[0], &byte, 1) != 1) _exit(1);
  *plan.stamp = Now(plan);
  _exit(subject::kChildStatus);
}

int64_t HearByWaitpid(const Plan& plan, volatile int64_t* samples, uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int go[2] = {-1, -1};
    int status = -1;
    const pid_t pid = StartTold(plan, go);
    if (write(go[1], "", 1) != 1) return -errno;
    waitpid(pid, &status, 0);
    samples[i] = Now(plan) - *plan.stamp;
    close(go[1]);
    good += status == kGood ? 1 : 0;
  }
  return good;
}

template <bool kPoll>
int64_t HearByPidfd(const Plan& plan, volatile int64_t* samples, uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int go[2] = {-1, -1};
    siginfo_t info{};
    const pid_t pid = StartTold(plan, go);
    const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    if (pidfd < 0) return -errno;
    pollfd entry{pidfd, POLLIN, 0};
    if (write(go[1], "", 1) != 1) return -errno;
    if (kPoll) poll(&entry, 1, -1);
    waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, kPoll ? WEXITED | WNOHANG : WEXITED);
    samples[i] = Now(plan) - *plan.stamp;
    close(pidfd);
    close(go[1]);
    good += ExitedWell(info) ? 1 : 0;
  }
  return good;
}

}  // namespace

#define PROCMARK_LIMIT_SENTENCE(call) \
  "Measures " call " by the plainest loop: clock, operation, clock, store."
#define PROCMARK_HEAR_LIMIT(by, words, ...)                                                    \
  {                                                                                            \
    "limit/reap/notify:" by, "reap/notify:" by "/from:child_exit/to:reaped", "reap",           \
        PROCMARK_LIMIT_SENTENCE("a child's end until " words " has reaped it"), {__VA_ARGS__}, \
        "child_exit"                                                                           \
  }

const Limit kLimits[] = {
    {"limit/posix_spawnp/form:libc",
     "posix_spawnp/form:libc/to:reaped",
     "posix_spawn",
     PROCMARK_LIMIT_SENTENCE("posix_spawnp(3) to reaped"),
     {SpawnSearching}},
    {"limit/pidfd_spawn/form:libc",
     "pidfd_spawn/form:libc/to:reaped",
     "posix_spawn",
     PROCMARK_LIMIT_SENTENCE("pidfd_spawn(3) to reaped"),
     {SpawnForPidfd}},
    {"limit/thread/form:libc/class:std_thread",
     "thread/form:libc/class:std_thread/to:reaped",
     "thread",
     PROCMARK_LIMIT_SENTENCE("a std::thread to joined"),
     {Class<std::thread>}},
    {"limit/thread/form:libc/class:std_jthread",
     "thread/form:libc/class:std_jthread/to:reaped",
     "thread",
     PROCMARK_LIMIT_SENTENCE("a std::jthread to joined"),
     {Class<std::jthread>}},
    PROCMARK_HEAR_LIMIT("waitpid", "waitpid(3)", HearByWaitpid),
    PROCMARK_HEAR_LIMIT("waitid_pidfd", "waitid(2) with P_PIDFD", HearByPidfd<false>),
    PROCMARK_HEAR_LIMIT("pidfd_poll", "poll(2) of its pidfd, then waitid(2),", HearByPidfd<true>),
    {}};

}  // namespace procmark::limit
