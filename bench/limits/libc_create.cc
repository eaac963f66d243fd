// SPDX-License-Identifier: MIT
// The limits of creation through the C library.
#include <pthread.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/limits/limit.h"

namespace procmark::limit {
namespace {

constexpr int kGood = subject::kChildStatus << 8;

int64_t Fork(const Inputs& inputs, volatile int64_t* samples, uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int status = -1;
    const int64_t before = Now(inputs);
    const pid_t pid = fork();
    if (pid == 0) _exit(subject::kChildStatus);
    waitpid(pid, &status, 0);
    samples[i] = Now(inputs) - before;
    good += status == kGood ? 1 : 0;
  }
  return good;
}

int64_t Vfork(const Inputs& inputs, volatile int64_t* samples, uint32_t count) {
  volatile int64_t good = 0;
  for (volatile uint32_t i = 0; i < count; i = i + 1) {
    int status = -1;
    const int64_t before = Now(inputs);
    const pid_t pid = vfork();
    if (pid == 0) _exit(subject::kChildStatus);
    waitpid(pid, &status, 0);
    samples[i] = Now(inputs) - before;
    good = good + (status == kGood ? 1 : 0);
  }
  return good;
}

int64_t Spawn(const Inputs& inputs, volatile int64_t* samples, uint32_t count) {
  char name[] = "procmark-exit";
  char* arguments[2] = {name, nullptr};
  char* environment[1] = {nullptr};
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int status = -1;
    pid_t pid = -1;
    const int64_t before = Now(inputs);
    posix_spawn(&pid, inputs.path, nullptr, nullptr, arguments, environment);
    waitpid(pid, &status, 0);
    samples[i] = Now(inputs) - before;
    good += status == kGood ? 1 : 0;
  }
  return good;
}

void* ThreadBody(void* argument) { return argument; }

int64_t Thread(const Inputs& inputs, volatile int64_t* samples, uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    pthread_t thread{};
    void* returned = nullptr;
    const int64_t before = Now(inputs);
    pthread_create(&thread, nullptr, ThreadBody, &good);
    pthread_join(thread, &returned);
    samples[i] = Now(inputs) - before;
    good += returned == &good ? 1 : 0;
  }
  return good;
}

}  // namespace

const Limit kLimits[] = {{.name = "limit/fork/form:libc",
                          .limit_of = "fork/form:libc/to:reaped",
                          .measures = kByPlainestLoop<"fork(3) to reaped">,
                          .loops = {{Fork}}},
                         {.name = "limit/vfork/form:libc",
                          .limit_of = "vfork/form:libc/to:reaped",
                          .measures = kByPlainestLoop<"vfork(3) to reaped">,
                          .loops = {{Vfork}}},
                         {.name = "limit/posix_spawn/form:libc",
                          .limit_of = "posix_spawn/form:libc/to:reaped",
                          .measures = kByPlainestLoop<"posix_spawn(3) to reaped">,
                          .loops = {{Spawn}}},
                         {.name = "limit/thread/form:libc",
                          .limit_of = "thread/form:libc/to:reaped",
                          .measures = kByPlainestLoop<"pthread_create(3) and pthread_join(3)">,
                          .loops = {{Thread}}},
                         {}};

}  // namespace procmark::limit
