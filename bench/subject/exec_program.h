// The programs that exec benchmarks run (bench/programs): they exit at once with kChildStatus and
// are reached by their descriptors' paths.
#pragma once

#include "bench/subject/context.h"
#include "bench/subject/text.h"

namespace procmark::subject {

inline constexpr const char* kExitName = "procmark-exit";
inline constexpr int kExecFailed = 127;

// Writes the path of the program without a C library, or of the one with it, to context.path, or
// skips when there is no /proc to name it by.
inline void NeedProgram(Context& context, int descriptor) {
  if (descriptor < 0) context.Refuse("no program to execute was handed over", descriptor);
  Text(context.path, sizeof context.path).Add("/proc/self/fd/").Add(descriptor);
  constexpr long kAtCwd = -100;    // AT_FDCWD
  constexpr long kExecutable = 1;  // X_OK
  const long seen = sys::RawSyscall(__NR_faccessat, kAtCwd, sys::RawArg(context.path), kExecutable);
  if (seen != 0) context.Skip("the program to execute is not reachable under /proc", -seen);
}

inline void NeedExitProgram(Context& context) {
  NeedProgram(context, context.pages->config.exit_program);
}

}  // namespace procmark::subject
