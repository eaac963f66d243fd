// The limits of the C library's forms.
#include <pthread.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/limits/limit.h"

namespace procmark::limit {
namespace {

constexpr int kGood = subject::kChildStatus << 8;

int64_t Fork(const Plan& plan, volatile int64_t* samples, uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int status = -1;
    const int64_t before = Now(plan);
    const pid_t pid = fork();
    if (pid == 0) _exit(subject::kChildStatus);
    waitpid(pid, &status, 0);
    samples[i] = Now(plan) - before;
    good += status == kGood ? 1 : 0;
  }
  return good;
}

int64_t Vfork(const Plan& plan, volatile int64_t* samples, uint32_t count) {
  volatile int64_t good = 0;
  for (volatile uint32_t i = 0; i < count; i = i + 1) {
    int status = -1;
    const int64_t before = Now(plan);
    const pid_t pid = vfork();
    if (pid == 0) _exit(subject::kChildStatus);
    waitpid(pid, &status, 0);
    samples[i] = Now(plan) - before;
    good = good + (status == kGood ? 1 : 0);
  }
  return good;
}

int64_t Spawn(const Plan& plan, volatile int64_t* samples, uint32_t count) {
  char name[] = "procmark-exit";
  char* arguments[2] = {name, nullptr};
  char* environment[1] = {nullptr};
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int status = -1;
    pid_t pid = -1;
    const int64_t before = Now(plan);
    posix_spawn(&pid, plan.path, nullptr, nullptr, arguments, environment);
    waitpid(pid, &status, 0);
    samples[i] = Now(plan) - before;
    good += status == kGood ? 1 : 0;
  }
  return good;
}

void* ThreadBody(void* argument) { return argument; }

int64_t Thread(const Plan& plan, volatile int64_t* samples, uint32_t count) {
  int64_t good = 0;
  for (uint32_t i = 0; i < count; ++i) {
    pthread_t thread{};
    void* returned = nullptr;
    const int64_t before = Now(plan);
    pthread_create(&thread, nullptr, ThreadBody, &good);
    pthread_join(thread, &returned);
    samples[i] = Now(plan) - before;
    good += returned == &good ? 1 : 0;
  }
  return good;
}

}  // namespace

#define PROCMARK_LIMIT_SENTENCE(call) \
  "Measures " call " to reaped by the plainest loop: clock, operation, clock, store."

const Limit kLimits[] = {{"limit/fork/form:libc",
                          "fork/form:libc/to:reaped",
                          "fork",
                          PROCMARK_LIMIT_SENTENCE("fork(3)"),
                          {Fork}},
                         {"limit/vfork/form:libc",
                          "vfork/form:libc/to:reaped",
                          "vfork",
                          PROCMARK_LIMIT_SENTENCE("vfork(3)"),
                          {Vfork}},
                         {"limit/posix_spawn/form:libc",
                          "posix_spawn/form:libc/to:reaped",
                          "posix_spawn",
                          PROCMARK_LIMIT_SENTENCE("posix_spawn(3)"),
                          {Spawn}},
                         {"limit/thread/form:libc",
                          "thread/form:libc/to:reaped",
                          "thread",
                          PROCMARK_LIMIT_SENTENCE("pthread_create(3) and pthread_join(3)"),
                          {Thread}},
                         {}};

}  // namespace procmark::limit
