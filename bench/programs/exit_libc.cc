// The smallest program with a static C library: its start and its exit run, nothing else.
#include "bench/programs/exit.h"

int main(int argc, char** argv) {
  if (argc > 1) procmark::programs::StampIfAsked(argv[1]);
  return procmark::subject::kChildStatus;
}
