// SPDX-License-Identifier: MIT
// The limits of everything else through the C library: other ways to spawn, C++'s threads, and how
// a parent learns of a child's end.
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

int64_t SpawnSearching(const Inputs& inputs, volatile int64_t* samples, uint32_t count) {
  char name[] = "procmark-exit";
  char* arguments[2] = {name, nullptr};
  char* environment[1] = {nullptr};
  const char* const file = std::strrchr(inputs.path, '/') + 1;
  setenv("PATH", "/nonesuch:/dev:/proc/self/fd", 1);
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int status = -1;
    pid_t pid = -1;
    const int64_t before = Now(inputs);
    posix_spawnp(&pid, file, nullptr, nullptr, arguments, environment);
    waitpid(pid, &status, 0);
    samples[i] = Now(inputs) - before;
    good += status == kGood ? 1 : 0;
  }
  return good;
}

int64_t SpawnForPidfd(const Inputs& inputs, volatile int64_t* samples, uint32_t count) {
  char name[] = "procmark-exit";
  char* arguments[2] = {name, nullptr};
  char* environment[1] = {nullptr};
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    siginfo_t info{};
    int pidfd = -1;
    const int64_t before = Now(inputs);
    const int error = pidfd_spawn(&pidfd, inputs.path, nullptr, nullptr, arguments, environment);
    if (error != 0) return -error;
    waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED);
    samples[i] = Now(inputs) - before;
    close(pidfd);
    good += ExitedWell(info) ? 1 : 0;
  }
  return good;
}

// ---- threads

template <typename Thread>
int64_t Class(const Inputs& inputs, volatile int64_t* samples, uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const int64_t before = Now(inputs);
    {
      Thread thread([&good] { ++good; });
      thread.join();
    }
    samples[i] = Now(inputs) - before;
  }
  return good;
}

// ---- learning of a child's end, from its last clock read

// Creates a child that waits for a byte in `go`, stores the time and exits.
pid_t StartTold(const Inputs& inputs, int (&go)[2]) {
  if (pipe(go) != 0) return -1;
  const pid_t pid = fork();
  if (pid != 0) {
    close(go[0]);
    return pid;
  }
  char byte = 0;
  close(go[1]);
  *inputs.stamp = 0;
  if (read(go[0], &byte, 1) != 1) _exit(1);
  *inputs.stamp = Now(inputs);
  _exit(subject::kChildStatus);
}

int64_t LearnByWaitpid(const Inputs& inputs, volatile int64_t* samples, uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int go[2] = {-1, -1};
    int status = -1;
    const pid_t pid = StartTold(inputs, go);
    if (write(go[1], "", 1) != 1) return -errno;
    waitpid(pid, &status, 0);
    samples[i] = Now(inputs) - *inputs.stamp;
    close(go[1]);
    good += status == kGood ? 1 : 0;
  }
  return good;
}

template <bool kPoll>
int64_t LearnByPidfd(const Inputs& inputs, volatile int64_t* samples, uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int go[2] = {-1, -1};
    siginfo_t info{};
    const pid_t pid = StartTold(inputs, go);
    const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    if (pidfd < 0) return -errno;
    pollfd entry{pidfd, POLLIN, 0};
    if (write(go[1], "", 1) != 1) return -errno;
    if (kPoll) poll(&entry, 1, -1);
    waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, kPoll ? WEXITED | WNOHANG : WEXITED);
    samples[i] = Now(inputs) - *inputs.stamp;
    close(pidfd);
    close(go[1]);
    good += ExitedWell(info) ? 1 : 0;
  }
  return good;
}

}  // namespace

template <Literal kBy, Literal kWhat>
consteval Limit Notify(Loop loop) {
  return {.name = Join<"limit/reap/notify:", kBy>,
          .limit_of = Join<"reap/notify:", kBy, "/from:child_exit/to:reaped">,
          .measures =
              kByPlainestLoop<subject::kJoined<"a child's end until ", kWhat, " has reaped it">>,
          .from = Edge::kChildExit,
          .loops = {{loop}}};
}

const Limit kLimits[] = {
    {.name = "limit/posix_spawnp/form:libc",
     .limit_of = "posix_spawnp/form:libc/to:reaped",
     .family = "posix_spawn",
     .measures = kByPlainestLoop<"posix_spawnp(3) to reaped">,
     .loops = {{SpawnSearching}}},
    {.name = "limit/pidfd_spawn/form:libc",
     .limit_of = "pidfd_spawn/form:libc/to:reaped",
     .family = "posix_spawn",
     .measures = kByPlainestLoop<"pidfd_spawn(3) to reaped">,
     .loops = {{SpawnForPidfd}}},
    {.name = "limit/thread/form:libc/class:std_thread",
     .limit_of = "thread/form:libc/class:std_thread/to:reaped",
     .measures = kByPlainestLoop<"a std::thread to joined">,
     .loops = {{Class<std::thread>}}},
    {.name = "limit/thread/form:libc/class:std_jthread",
     .limit_of = "thread/form:libc/class:std_jthread/to:reaped",
     .measures = kByPlainestLoop<"a std::jthread to joined">,
     .loops = {{Class<std::jthread>}}},
    Notify<"waitpid", "waitpid(3)">(LearnByWaitpid),
    Notify<"waitid_pidfd", "waitid(2) with P_PIDFD">(LearnByPidfd<false>),
    Notify<"pidfd_poll", "poll(2) of its pidfd, then waitid(2),">(LearnByPidfd<true>),
    {}};

}  // namespace procmark::limit
