// SPDX-License-Identifier: MIT
// Starts a measuring program that has no C library.
#include "bench/subject/start.h"

#include "harness/sys/raw_syscall.h"

extern "C" [[noreturn, gnu::used]] void ProcmarkStart(long* stack) {
  const long argc = stack[0];
  char** argv = reinterpret_cast<char**>(stack + 1);
  char** environment = argv + argc + 1;
  while (*environment != nullptr) ++environment;
  const auto* auxv = reinterpret_cast<const unsigned long*>(environment + 1);
  const int status = procmark::subject::ProgramMain(static_cast<int>(argc), argv, auxv);
  while (true) procmark::sys::RawSyscall(__NR_exit_group, status);
}
