// SPDX-License-Identifier: MIT
// Canaries of the runner: benchmarks that it must report as refused, hung, crashed or skipped.
#include "bench/subject/benchmark.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

int64_t WrongStatus(Context& context) {
  const int64_t start = context.Now();
  const long pid = sys::RawFork();
  if (pid == 0) {
    RawSyscall(__NR_exit_group, 1);
    __builtin_unreachable();
  }
  context.status = -1;
  const long reaped = RawSyscall(__NR_wait4, pid, RawArg(&context.status), 0, 0);
  const int64_t length = context.Length(start);
  context.CheckChild(pid, reaped);
  return length;
}

// The subject and its child both sleep for ever. The runner must end both.
int64_t Hang(Context&) {
  sys::RawFork();
  while (true) RawSyscall(__NR_ppoll, 0, 0, 0, 0, 0);
}

int64_t Crash(Context&) {
  volatile int* volatile nowhere = nullptr;
  return *nowhere;
}

void AlwaysSkip(Context& context) { context.Skip("this benchmark is always skipped"); }

consteval Benchmark Broken(const char* name, const char* measures, Run run) {
  return {.name = name,
          .measures = measures,
          .from = Edge::kCall,
          .to = Edge::kReaped,
          .children = 1,
          .faults = {0, 64},
          .run = run};
}

PROCMARK_BENCHMARKS kBroken = List(
    Broken("broken/refused", "a child that ends with the wrong status: must be refused",
           Repeat<WrongStatus>),
    Broken("broken/hang", "a subject and a child that never end: must be refused at the deadline",
           Repeat<Hang>),
    Broken("broken/crash", "a read from address 0: must be refused as a crash", Repeat<Crash>),
    Broken("broken/skip", "what no machine can measure: must be skipped with its reason",
           Repeat<WrongStatus, AlwaysSkip>));

}  // namespace
}  // namespace procmark::subject
