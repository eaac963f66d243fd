// SPDX-License-Identifier: MIT
// posix_spawn by raw system calls: clone(CLONE_VM|CLONE_VFORK) and execve(2) of a program that
// exits at once.
#include <linux/sched.h>
#include <linux/signal.h>

#include "bench/subject/benchmark.h"
#include "bench/subject/exec_program.h"

namespace procmark::subject {
namespace {

template <Edge kTo>
int64_t Spawn(Context& context, const ProgramPath& program) {
  const char* path = program.text;
  const char* arguments[2] = {kExitName, nullptr};
  const char* environment[1] = {nullptr};
  context.status = -1;
  const int64_t start = context.Now();
  const long pid = sys::RawClone(CLONE_VM | CLONE_VFORK | SIGCHLD);
  if (pid == 0) {
    sys::RawSyscall(__NR_execve, sys::RawArg(path), sys::RawArg(arguments),
                    sys::RawArg(environment));
    sys::RawSyscall(__NR_exit_group, kExecFailed);
    __builtin_unreachable();
  }
  int64_t length = 0;
  if constexpr (kTo == Edge::kParentReturn) length = context.Length(start);
  const long reaped =
      pid > 0 ? sys::RawSyscall(__NR_wait4, pid, sys::RawArg(&context.status), 0, 0) : pid;
  if constexpr (kTo == Edge::kReaped) length = context.Length(start);
  context.CheckChild(pid, reaped);
  return length;
}

constexpr FaultRange kFaults = {1, 256};

PROCMARK_BENCHMARKS kSpawn = List(
    Benchmark{.name = "posix_spawn/to:reaped",
              .measures = "clone(CLONE_VM|CLONE_VFORK) and execve(2) of a static program without a "
                          "C library, from the call until the program, which exits at once, is "
                          "reaped",
              .not_timed = "the check of its status",
              .from = Edge::kCall,
              .to = Edge::kReaped,
              .tags = Tag::kCore,
              .children = 1,
              .faults = kFaults,
              .run = Repeat<Spawn<Edge::kReaped>, NeedExitProgram>},
    Benchmark{.name = "posix_spawn/to:parent_return",
              .measures = "how long clone(CLONE_VM|CLONE_VFORK) and execve(2) of a static program "
                          "without a C library keep the caller",
              .not_timed = "the new program's life and its reaping",
              .from = Edge::kCall,
              .to = Edge::kParentReturn,
              .tags = Tag::kCore,
              .children = 1,
              .faults = kFaults,
              .run = Repeat<Spawn<Edge::kParentReturn>, NeedExitProgram>});

}  // namespace
}  // namespace procmark::subject
