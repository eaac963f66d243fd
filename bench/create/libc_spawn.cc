// SPDX-License-Identifier: MIT
// Other functions of the C library that create a process: posix_spawn(3) with options,
// pidfd_spawn(3), system(3), popen(3), and fork(3) of a program with handlers or threads.
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "bench/subject/benchmark.h"
#include "bench/subject/exec_program.h"
#include "bench/subject/memory.h"
#include "bench/subject/shape.h"

namespace procmark::subject {
namespace {

enum class Option { kActions, kAttributes, kSearch };

struct SpawnOptions {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

struct SpawnCall {
  ProgramPath path;
  SpawnOptions* options;
};

template <Option kOption>
void NeedOption(Context& context, SpawnCall& call) {
  NeedExitProgram(context, call.path);
  call.options = MapObject<SpawnOptions>(context);
  SpawnOptions& options = *call.options;
  posix_spawn_file_actions_init(&options.actions);
  posix_spawnattr_init(&options.attributes);
  if constexpr (kOption == Option::kActions) {
    constexpr int kFirst = 10;
    for (int i = 0; i < static_cast<int>(context.amount); ++i)
      posix_spawn_file_actions_adddup2(&options.actions, 0, kFirst + i);
    NeedDescriptors(context, static_cast<uint32_t>(context.amount));
  }
  if constexpr (kOption == Option::kAttributes) {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&options.attributes, &none);
    posix_spawnattr_setsigdefault(&options.attributes, &all);
    posix_spawnattr_setpgroup(&options.attributes, 0);
    posix_spawnattr_setflags(&options.attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                      POSIX_SPAWN_SETPGROUP);
  }
  if constexpr (kOption == Option::kSearch) setenv("PATH", "/nonesuch:/dev:/proc/self/fd", 1);
}

template <Option kOption>
int64_t Spawn(Context& context, const SpawnCall& call) {
  const SpawnOptions& options = *call.options;
  const char* const path = call.path.text;
  char name[] = "procmark-exit";
  char* arguments[2] = {name, nullptr};
  char* environment[1] = {nullptr};
  const char* const file = __builtin_strrchr(path, '/') + 1;
  pid_t pid = -1;
  context.status = -1;
  const int64_t start = context.Now();
  int error = 0;
  if constexpr (kOption == Option::kActions)
    error = posix_spawn(&pid, path, &options.actions, nullptr, arguments, environment);
  if constexpr (kOption == Option::kAttributes)
    error = posix_spawn(&pid, path, nullptr, &options.attributes, arguments, environment);
  if constexpr (kOption == Option::kSearch)
    error = posix_spawnp(&pid, file, nullptr, nullptr, arguments, environment);
  const pid_t reaped = error == 0 ? waitpid(pid, &context.status, 0) : -1;
  const int64_t length = context.Length(start);
  context.CheckChild(error == 0 ? pid : -error, reaped);
  return length;
}

int SpawnForPidfd(const ProgramPath& path, int* pidfd) {
  char name[] = "procmark-exit";
  char* arguments[2] = {name, nullptr};
  char* environment[1] = {nullptr};
  return pidfd_spawn(pidfd, path.text, nullptr, nullptr, arguments, environment);
}

void NeedPidfdSpawn(Context& context, ProgramPath& path) {
  NeedExitProgram(context, path);
  int pidfd = -1;
  const int error = SpawnForPidfd(path, &pidfd);
  if (error != 0) context.Skip("pidfd_spawn(3) does not work here", error);
  waitid(P_PIDFD, static_cast<id_t>(pidfd), nullptr, WEXITED);
  close(pidfd);
}

int64_t PidfdSpawn(Context& context, const ProgramPath& path) {
  int pidfd = -1;
  siginfo_t info{};
  const int64_t start = context.Now();
  const int error = SpawnForPidfd(path, &pidfd);
  const int waited = error == 0 ? waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED) : -1;
  const int64_t length = context.Length(start);
  close(pidfd);
  context.status = info.si_code == CLD_EXITED ? info.si_status << 8 : -1;
  context.CheckChild(error == 0 ? info.si_pid : -error, waited == 0 ? info.si_pid : -1);
  return length;
}

// ---- through a shell

void NeedShell(Context& context, ProgramPath& path) {
  NeedExitProgram(context, path);
  if (access("/bin/sh", X_OK) != 0)
    context.Skip("there is no /bin/sh (a guest has one by +userland=on)", errno);
}

int64_t System(Context& context, const ProgramPath& path) {
  const int64_t start = context.Now();
  context.status = system(path.text);
  const int64_t length = context.Length(start);
  context.CheckChild(1, 1);
  return length;
}

int64_t Popen(Context& context, const ProgramPath& path) {
  const int64_t start = context.Now();
  FILE* const stream = popen(path.text, "r");
  if (stream == nullptr) context.Refuse("popen failed: errno", errno);
  context.status = pclose(stream);
  const int64_t length = context.Length(start);
  context.CheckChild(1, 1);
  return length;
}

// ---- what fork(3) adds to fork(2)

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

// The C library knows this thread, so fork(3) takes its locks from now on.
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

// ---- the benchmarks

struct Fields {
  const char* family = nullptr;
  const char* parameter = nullptr;
  FaultRange faults;
};

constexpr FaultRange kOfFork = {2, 96};
constexpr FaultRange kOfSpawn = {2, 24};
constexpr FaultRange kOfShell = {8, 1024};

template <Literal kName, Literal kWhat, auto kSample, auto kPrepare>
consteval Benchmark Whole(Fields fields) {
  return {.name = Join<kName, "/to:reaped">,
          .family = fields.family,
          .measures = Join<kWhat, " from the call until the child is reaped">,
          .not_timed = "the check of its status",
          .from = Edge::kCall,
          .to = Edge::kReaped,
          .parameter = fields.parameter,
          .children = 1,
          .faults = fields.faults,
          .run = Repeat<kSample, kPrepare>};
}

template <Literal kCount>
consteval Benchmark WithActions() {
  return Whole<kJoined<"posix_spawn/form:libc/actions:", kCount>,
               kJoined<"posix_spawn(3) with ", kCount, " dup2 actions">, Spawn<Option::kActions>,
               NeedOption<Option::kActions>>({.parameter = "actions", .faults = kOfSpawn});
}

template <Literal kCount>
consteval Benchmark WithHandlers() {
  return Whole<kJoined<"fork/form:libc/atfork:", kCount>,
               kJoined<"fork(3) with ", kCount, " triples of pthread_atfork(3)">, Fork,
               NeedHandlers>({.parameter = "atfork", .faults = kOfFork});
}

PROCMARK_BENCHMARKS kLibcSpawn = List(
    WithActions<"8">(),
    Whole<"posix_spawn/form:libc/attributes:3",
          "posix_spawn(3) with a signal mask, default signals and a process group",
          Spawn<Option::kAttributes>, NeedOption<Option::kAttributes>>({.faults = kOfSpawn}),
    Whole<"posix_spawnp/form:libc",
          "posix_spawnp(3) that finds its program in the third folder of PATH",
          Spawn<Option::kSearch>, NeedOption<Option::kSearch>>(
        {.family = "posix_spawn", .faults = kOfSpawn}),
    Whole<"pidfd_spawn/form:libc", "pidfd_spawn(3) and waitid(2) with P_PIDFD", PidfdSpawn,
          NeedPidfdSpawn>({.family = "posix_spawn", .faults = kOfSpawn}),
    Whole<"system/form:libc", "system(3) of a program without a C library", System, NeedShell>(
        {.family = "shell", .faults = kOfShell}),
    Whole<"popen/form:libc", "popen(3) and pclose(3) of a program without a C library", Popen,
          NeedShell>({.family = "shell", .faults = kOfShell}),
    WithHandlers<"8">(), WithHandlers<"64">(),
    Whole<"fork/form:libc/pthreads:1", "fork(3) of a program with one more thread, which sleeps,",
          Fork, NeedThread>({.faults = kOfFork}));

}  // namespace
}  // namespace procmark::subject
