// Everything else of the C library that makes a process: posix_spawn(3)'s options, pidfd_spawn(3),
// system(3), popen(3), and what fork(3) does for a program with handlers or threads.
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "bench/subject/context.h"
#include "bench/subject/exec_program.h"
#include "bench/subject/shape.h"

namespace procmark::subject {
namespace {

enum class Option { kActions, kAttributes, kSearch };

struct Plan {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

template <Option kOption>
void NeedOption(Context& context) {
  NeedExitProgram(context);
  context.area = MapSmall(context, context.page_bytes);
  Plan& plan = *static_cast<Plan*>(context.area);
  posix_spawn_file_actions_init(&plan.actions);
  posix_spawnattr_init(&plan.attributes);
  if constexpr (kOption == Option::kActions) {
    constexpr int kFirst = 10;
    for (int i = 0; i < static_cast<int>(context.amount); ++i)
      posix_spawn_file_actions_adddup2(&plan.actions, 0, kFirst + i);
    NeedDescriptors(context, static_cast<uint32_t>(context.amount));
  }
  if constexpr (kOption == Option::kAttributes) {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&plan.attributes, &none);
    posix_spawnattr_setsigdefault(&plan.attributes, &all);
    posix_spawnattr_setpgroup(&plan.attributes, 0);
    posix_spawnattr_setflags(
        &plan.attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  if constexpr (kOption == Option::kSearch) setenv("PATH", "/nonesuch:/dev:/proc/self/fd", 1);
}

template <Option kOption>
int64_t Spawn(Context& context) {
  Plan& plan = *static_cast<Plan*>(context.area);
  char name[] = "procmark-exit";
  char* arguments[2] = {name, nullptr};
  char* environment[1] = {nullptr};
  const char* const file = __builtin_strrchr(context.path, '/') + 1;
  pid_t pid = -1;
  context.status = -1;
  const int64_t start = context.Now();
  int error = 0;
  if constexpr (kOption == Option::kActions)
    error = posix_spawn(&pid, context.path, &plan.actions, nullptr, arguments, environment);
  if constexpr (kOption == Option::kAttributes)
    error = posix_spawn(&pid, context.path, nullptr, &plan.attributes, arguments, environment);
  if constexpr (kOption == Option::kSearch)
    error = posix_spawnp(&pid, file, nullptr, nullptr, arguments, environment);
  const pid_t reaped = error == 0 ? waitpid(pid, &context.status, 0) : -1;
  const int64_t length = context.Length(start);
  context.CheckChild(error == 0 ? pid : -error, reaped);
  return length;
}

int SpawnForPidfd(const Context& context, int* pidfd) {
  char name[] = "procmark-exit";
  char* arguments[2] = {name, nullptr};
  char* environment[1] = {nullptr};
  return pidfd_spawn(pidfd, context.path, nullptr, nullptr, arguments, environment);
}

void NeedPidfdSpawn(Context& context) {
  NeedExitProgram(context);
  int pidfd = -1;
  const int error = SpawnForPidfd(context, &pidfd);
  if (error != 0) context.Skip("pidfd_spawn(3) does not work here", error);
  waitid(P_PIDFD, static_cast<id_t>(pidfd), nullptr, WEXITED);
  close(pidfd);
}

int64_t PidfdSpawn(Context& context) {
  int pidfd = -1;
  siginfo_t info{};
  const int64_t start = context.Now();
  const int error = SpawnForPidfd(context, &pidfd);
  const int waited = error == 0 ? waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED) : -1;
  const int64_t length = context.Length(start);
  close(pidfd);
  context.status = info.si_code == CLD_EXITED ? info.si_status << 8 : -1;
  context.CheckChild(error == 0 ? info.si_pid : -error, waited == 0 ? info.si_pid : -1);
  return length;
}

// ---- by a shell

void NeedShell(Context& context) {
  NeedExitProgram(context);
  if (access("/bin/sh", X_OK) != 0)
    context.Skip("there is no /bin/sh (a guest has one by +userland=on)", errno);
}

int64_t System(Context& context) {
  const int64_t start = context.Now();
  context.status = system(context.path);
  const int64_t length = context.Length(start);
  context.CheckChild(1, 1);
  return length;
}

int64_t Popen(Context& context) {
  const int64_t start = context.Now();
  FILE* const stream = popen(context.path, "r");
  if (stream == nullptr) context.Refuse("popen failed: errno", errno);
  context.status = pclose(stream);
  const int64_t length = context.Length(start);
  context.CheckChild(1, 1);
  return length;
}

// ---- what fork(3) does beside fork(2)

void Handler() {}

void NeedHandlers(Context& context) {
  for (uint64_t i = 0; i < context.amount; ++i) {
    const int error = pthread_atfork(Handler, Handler, Handler);
    if (error != 0) context.Refuse("pthread_atfork failed: errno", error);
  }
}

void* Sleep(void*) {
  while (true) pause();
}

// One thread that the library knows of: from now on it takes its locks.
void NeedThread(Context& context) {
  pthread_t thread{};
  const int error = pthread_create(&thread, nullptr, Sleep, nullptr);
  if (error != 0) context.Refuse("no thread could be created: errno", error);
}

int64_t Fork(Context& context) {
  context.status = -1;
  const int64_t start = context.Now();
  const pid_t pid = fork();
  if (pid == 0) _exit(kChildStatus);
  const pid_t reaped = waitpid(pid, &context.status, 0);
  const int64_t length = context.Length(start);
  context.CheckChild(pid, reaped);
  return length;
}

constexpr FaultRange kOfFork = {2, 96};
constexpr FaultRange kOfSpawn = {2, 24};
constexpr FaultRange kOfShell = {8, 1024};

#define PROCMARK_CHILD_OF_LIBC(name, what, family, faults, prepare, sample, parameter) \
  {                                                                                    \
    name "/to:reaped",                                                                 \
        "Measures " what                                                               \
        " from the call until the child is reaped. Not timed: the check "              \
        "of its status.",                                                              \
        family, Edge::kCall, Edge::kReaped, "libc", family, "", 1, 1, faults, prepare, \
        Repeat<sample>, parameter                                                      \
  }

#define PROCMARK_ATFORK(count)                                                                   \
  PROCMARK_CHILD_OF_LIBC("fork/form:libc/atfork:" count,                                         \
                         "fork(3) with " count " triples of pthread_atfork(3)", "fork", kOfFork, \
                         NeedHandlers, Fork, "atfork")
#define PROCMARK_ACTIONS(count)                                                                 \
  PROCMARK_CHILD_OF_LIBC("posix_spawn/form:libc/actions:" count,                                \
                         "posix_spawn(3) with " count " dup2 actions", "posix_spawn", kOfSpawn, \
                         NeedOption<Option::kActions>, Spawn<Option::kActions>, "actions")

PROCMARK_BENCHMARKS kLibcSpawn[] = {
    PROCMARK_ACTIONS("8"),
    PROCMARK_CHILD_OF_LIBC("posix_spawn/form:libc/attributes:3",
                           "posix_spawn(3) with a signal mask, default signals and a process group",
                           "posix_spawn", kOfSpawn, NeedOption<Option::kAttributes>,
                           Spawn<Option::kAttributes>, ""),
    PROCMARK_CHILD_OF_LIBC("posix_spawnp/form:libc",
                           "posix_spawnp(3) that finds its program in the third folder of PATH",
                           "posix_spawn", kOfSpawn, NeedOption<Option::kSearch>,
                           Spawn<Option::kSearch>, ""),
    PROCMARK_CHILD_OF_LIBC("pidfd_spawn/form:libc", "pidfd_spawn(3) and waitid(2) with P_PIDFD",
                           "posix_spawn", kOfSpawn, NeedPidfdSpawn, PidfdSpawn, ""),
    PROCMARK_CHILD_OF_LIBC("system/form:libc", "system(3) of a program without a C library",
                           "shell", kOfShell, NeedShell, System, ""),
    PROCMARK_CHILD_OF_LIBC("popen/form:libc",
                           "popen(3) and pclose(3) of a program without a C library", "shell",
                           kOfShell, NeedShell, Popen, ""),
    PROCMARK_ATFORK("8"),
    PROCMARK_ATFORK("64"),
    PROCMARK_CHILD_OF_LIBC("fork/form:libc/pthreads:1",
                           "fork(3) of a program with one more thread, which sleeps,", "fork",
                           kOfFork, NeedThread, Fork, "")};

}  // namespace
}  // namespace procmark::subject
