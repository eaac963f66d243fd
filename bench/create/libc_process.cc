// SPDX-License-Identifier: MIT
// What programs pay that create processes through the C library: fork(3), vfork(3), posix_spawn(3).
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "bench/subject/benchmark.h"
#include "bench/subject/exec_program.h"

namespace procmark::subject {
namespace {

int64_t LibcFork(Context& context) {
  context.status = -1;
  const int64_t start = context.Now();
  const pid_t pid = fork();
  if (pid == 0) _exit(kChildStatus);
  const pid_t reaped = waitpid(pid, &context.status, 0);
  const int64_t length = context.Length(start);
  context.CheckChild(pid, reaped);
  return length;
}

int64_t LibcVfork(Context& context) {
  context.status = -1;
  const int64_t start = context.Now();
  const pid_t pid = vfork();
  if (pid == 0) _exit(kChildStatus);
  const pid_t reaped = waitpid(pid, &context.status, 0);
  const int64_t length = context.Length(start);
  context.CheckChild(pid, reaped);
  return length;
}

template <Edge kTo>
int64_t LibcSpawn(Context& context, const ProgramPath& path) {
  char name[sizeof "procmark-exit"];
  __builtin_memcpy(name, kExitName, sizeof name);
  char* arguments[2] = {name, nullptr};
  char* environment[1] = {nullptr};
  pid_t pid = -1;
  context.status = -1;
  const int64_t start = context.Now();
  const int error = posix_spawn(&pid, path.text, nullptr, nullptr, arguments, environment);
  int64_t length = 0;
  if constexpr (kTo == Edge::kParentReturn) length = context.Length(start);
  const pid_t reaped = error == 0 ? waitpid(pid, &context.status, 0) : -1;
  if constexpr (kTo == Edge::kReaped) length = context.Length(start);
  context.CheckChild(error == 0 ? pid : -error, reaped);
  return length;
}

constexpr FaultRange kCopying = {1, 128};
constexpr FaultRange kBorrowing = {0, 4};
constexpr FaultRange kExecuting = {1, 256};

PROCMARK_BENCHMARKS kLibcProcess = List(
    Benchmark{.name = "fork/form:libc/to:reaped",
              .measures = "fork(3) of the static C library from the call until the child, which "
                          "calls _exit at once, is reaped by waitpid(3)",
              .not_timed = "the check of its status",
              .from = Edge::kCall,
              .to = Edge::kReaped,
              .tags = Tag::kCore,
              .children = 1,
              .faults = kCopying,
              .run = Repeat<LibcFork>},
    Benchmark{.name = "vfork/form:libc/to:reaped",
              .measures = "vfork(3) of the static C library from the call until the child, which "
                          "calls _exit at once, is reaped by waitpid(3)",
              .not_timed = "the check of its status",
              .from = Edge::kCall,
              .to = Edge::kReaped,
              .tags = Tag::kCore,
              .children = 1,
              .faults = kBorrowing,
              .run = Repeat<LibcVfork>},
    Benchmark{.name = "posix_spawn/form:libc/to:reaped",
              .measures = "posix_spawn(3) of a static program without a C library, from the call "
                          "until the program, which exits at once, is reaped",
              .not_timed = "the check of its status",
              .from = Edge::kCall,
              .to = Edge::kReaped,
              .tags = Tag::kCore,
              .children = 1,
              .faults = kExecuting,
              .run = Repeat<LibcSpawn<Edge::kReaped>, NeedExitProgram>},
    Benchmark{.name = "posix_spawn/form:libc/to:parent_return",
              .measures = "how long posix_spawn(3) of a static program without a C library keeps "
                          "its caller",
              .not_timed = "the new program's life and its reaping",
              .from = Edge::kCall,
              .to = Edge::kParentReturn,
              .tags = Tag::kCore,
              .children = 1,
              .faults = kExecuting,
              .run = Repeat<LibcSpawn<Edge::kParentReturn>, NeedExitProgram>});

}  // namespace
}  // namespace procmark::subject
