// SPDX-License-Identifier: MIT
// The smallest program with a C library: only the library's start and exit run.
#include "bench/programs/exit.h"

int main(int argc, char** argv) {
  if (argc > 1) procmark::programs::StampIfAsked(argv[1]);
  return procmark::subject::kChildStatus;
}
