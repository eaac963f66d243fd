// Canaries of the runner: what must be reported as refused, hung, crashed or skipped.
#include "bench/subject/context.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

// A child that ends with the wrong status.
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

// Subject and child both sleep for ever: whoever ends the one must find the other.
int64_t Hang(Context&) {
  sys::RawFork();
  while (true) RawSyscall(__NR_ppoll, 0, 0, 0, 0, 0);
}

int64_t Crash(Context&) {
  volatile int* volatile nowhere = nullptr;
  return *nowhere;
}

void AlwaysSkip(Context& context) { context.Skip("this benchmark is always skipped"); }

constexpr FaultRange kFaults = {0, 64};

PROCMARK_BENCHMARKS kBroken[] = {
    {"broken/refused", "Its child ends with the wrong status: must be refused.", "broken",
     Edge::kCall, Edge::kReaped, "raw", "broken", "", 1, 1, kFaults, nullptr, Repeat<WrongStatus>},
    {"broken/hang", "Never ends, nor does its child: must be refused at the deadline.", "broken",
     Edge::kCall, Edge::kReaped, "raw", "broken", "", 1, 1, kFaults, nullptr, Repeat<Hang>},
    {"broken/crash", "Reads address 0: must be refused as crashed.", "broken", Edge::kCall,
     Edge::kReaped, "raw", "broken", "", 1, 1, kFaults, nullptr, Repeat<Crash>},
    {"broken/skip", "Cannot be measured anywhere: must be skipped with its reason.", "broken",
     Edge::kCall, Edge::kReaped, "raw", "broken", "", 1, 1, kFaults, AlwaysSkip,
     Repeat<WrongStatus>}};

}  // namespace
}  // namespace procmark::subject
