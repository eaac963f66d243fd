// SPDX-License-Identifier: MIT
// Starts a measuring program that has a C library.
#include <stdint.h>

#include "bench/subject/start.h"

namespace {

// Runs the program on a stack that begins at a page boundary. entry.cc says why.
[[gnu::noinline]] int RunOnPageBoundary(int argc, char** argv, const unsigned long* auxv) {
  constexpr uintptr_t kPage = 4096;
  const uintptr_t here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  volatile char* fill = static_cast<char*>(__builtin_alloca(kPage + (here & (kPage - 1))));
  *fill = 0;
  return procmark::subject::ProgramMain(argc, argv, auxv);
}

}  // namespace

// The auxiliary vector follows the environment. (getauxval(3) gives single entries only.)
int main(int argc, char** argv, char** environment) {
  while (*environment != nullptr) ++environment;
  return RunOnPageBoundary(argc, argv, reinterpret_cast<unsigned long*>(environment + 1));
}
