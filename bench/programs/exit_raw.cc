// SPDX-License-Identifier: MIT
// The smallest program: no C library, no data.
#include "bench/programs/exit.h"

extern "C" [[noreturn, gnu::used]] void ProcmarkStart(long* stack) {
  const long argc = stack[0];
  char** argv = reinterpret_cast<char**>(stack + 1);
  if (argc > 1) procmark::programs::StampIfAsked(argv[1]);
  while (true) procmark::sys::RawSyscall(__NR_exit_group, procmark::subject::kChildStatus);
}
