// SPDX-License-Identifier: MIT
// The programs that exec benchmarks execute (bench/programs). procmark-bench opens them; a
// benchmark reaches them through the paths of their descriptors.
#pragma once

#include "bench/subject/context.h"
#include "bench/subject/text.h"

namespace procmark::subject {

inline constexpr const char* kExitName = "procmark-exit";
inline constexpr int kExecFailed = 127;

struct ProgramPath {
  char text[32];
};

// Skips if there is no /proc, which the path needs.
inline void NeedProgram(Context& context, ProgramPath& path, ExitProgram program) {
  const int descriptor = context.pages->config.Descriptor(program);
  if (descriptor < 0) context.Refuse("procmark-bench opened no program to execute", descriptor);
  Text(path.text, sizeof path.text).Add("/proc/self/fd/").Add(descriptor);
  constexpr long kAtCwd = -100;    // AT_FDCWD
  constexpr long kExecutable = 1;  // X_OK
  const long seen = sys::RawSyscall(__NR_faccessat, kAtCwd, sys::RawArg(path.text), kExecutable);
  if (seen != 0) context.Skip("the program to execute is not reachable under /proc", -seen);
}

// The program without a C library.
inline void NeedExitProgram(Context& context, ProgramPath& path) {
  NeedProgram(context, path, ExitProgram::kRaw);
}

}  // namespace procmark::subject
