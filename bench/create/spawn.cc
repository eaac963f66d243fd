// posix_spawn by hand: clone(CLONE_VM|CLONE_VFORK) and execve(2) of a program that exits at once.
#include <linux/sched.h>
#include <linux/signal.h>

#include "bench/subject/create.h"
#include "bench/subject/exec_program.h"

namespace procmark::subject {
namespace {

template <Edge kTo>
int64_t Spawn(Context& context) {
  const char* path = context.path;
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

PROCMARK_BENCHMARKS kSpawn[] = {
    {"posix_spawn/to:reaped",
     "Measures clone(CLONE_VM|CLONE_VFORK) and execve(2) of a static program without a C library, "
     "from the call until the program, which exits at once, is reaped. Not timed: the check of its "
     "status.",
     "posix_spawn", Edge::kCall, Edge::kReaped, "raw", "core", "", 1, 1, kFaults, NeedExitProgram,
     Repeat<Spawn<Edge::kReaped>>},
    {"posix_spawn/to:parent_return",
     "Measures how long clone(CLONE_VM|CLONE_VFORK) and execve(2) of a static program without a C "
     "library keep the caller. Not timed: the new program's life and its reaping.",
     "posix_spawn", Edge::kCall, Edge::kParentReturn, "raw", "core", "", 1, 1, kFaults,
     NeedExitProgram, Repeat<Spawn<Edge::kParentReturn>>}};

}  // namespace
}  // namespace procmark::subject
