// The program that exec benchmarks run: the raw subject, which exits at once with kChildStatus when
// its argument list holds a name only. It is reached by its descriptor's path.
#pragma once

#include "bench/subject/context.h"
#include "bench/subject/text.h"

namespace procmark::subject {

inline constexpr const char* kExitName = "procmark-exit";
inline constexpr int kExecFailed = 127;

// Writes the program's path to context.path, or skips when there is no /proc to name it by.
inline void NeedExitProgram(Context& context) {
  if (context.pages->config.exit_program < 0)
    context.Refuse("no program to execute was handed over", context.pages->config.exit_program);
  Text(context.path, sizeof context.path)
      .Add("/proc/self/fd/")
      .Add(context.pages->config.exit_program);
  constexpr long kAtCwd = -100;    // AT_FDCWD
  constexpr long kExecutable = 1;  // X_OK
  const long seen = sys::RawSyscall(__NR_faccessat, kAtCwd, sys::RawArg(context.path), kExecutable);
  if (seen != 0) context.Skip("the program to execute is not reachable under /proc", -seen);
}

}  // namespace procmark::subject
