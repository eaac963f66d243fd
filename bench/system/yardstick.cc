// Yardsticks: what a number is to be held against, measured in the same run.
#include <linux/futex.h>
#include <linux/mman.h>
#include <linux/signal.h>

#include "bench/subject/context.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

constexpr int64_t kCalls = 64;   // in a sample, of what is too short to be timed alone
constexpr int64_t kRounds = 16;  // round trips in a sample

int64_t Empty(Context& context) {
  const int64_t start = context.Now();
  return context.Length(start);
}

int64_t ClockRead(Context& context) {
  int64_t sum = 0;
  const int64_t start = context.Now();
  for (int64_t i = 0; i < kCalls; ++i) sum += context.Now();
  const int64_t length = context.Length(start);
  if (sum == 0) context.Refuse("the clock stands at", sum);
  return length;
}

int64_t GetPid(Context& context) {
  int64_t sum = 0;
  const int64_t start = context.Now();
  for (int64_t i = 0; i < kCalls; ++i) sum += RawSyscall(__NR_getpid);
  const int64_t length = context.Length(start);
  if (sum != kCalls * RawSyscall(__NR_getpid)) context.Refuse("getpid(2) gave in all", sum);
  return length;
}

int64_t Yield(Context& context) {
  long failed = 0;
  const int64_t start = context.Now();
  for (int64_t i = 0; i < kCalls; ++i) failed += RawSyscall(__NR_sched_yield);
  const int64_t length = context.Length(start);
  if (failed != 0) context.Refuse("sched_yield(2) failed", failed);
  return length;
}

// A loop whose length in instructions is known: what the exact clock itself is held against.
// A turn is two instructions, on ppc64el and s390x one.
[[gnu::always_inline]] inline void Turn(int64_t turns) {
#if defined(__x86_64__)
  asm volatile("1: sub $1, %0\n\tjnz 1b" : "+r"(turns) : : "cc");
#elif defined(__aarch64__)
  asm volatile("1: subs %0, %0, #1\n\tb.ne 1b" : "+r"(turns) : : "cc");
#elif defined(__riscv)
  asm volatile("1: addi %0, %0, -1\n\tbnez %0, 1b" : "+r"(turns));
#elif defined(__powerpc64__)
  asm volatile("mtctr %0\n1: bdnz 1b" : : "r"(turns) : "ctr");
#elif defined(__s390x__)
  asm volatile("1: brctg %0, 1b" : "+r"(turns));
#elif defined(__arm__)
  auto left = static_cast<int32_t>(turns);
  asm volatile("1: subs %0, %0, #1\n\tbne 1b" : "+r"(left) : : "cc");
#else
#error "add this architecture (docs/adding-an-architecture.md)"
#endif
}

template <int64_t kTurns>
int64_t KnownLoop(Context& context) {
  const int64_t start = context.Now();
  Turn(kTurns);
  return context.Length(start);
}

// A partner dies with its subject.
void FollowParent() {
  constexpr long kSetDeathSignal = 1;  // PR_SET_PDEATHSIG
  RawSyscall(__NR_prctl, kSetDeathSignal, SIGKILL, 0, 0, 0);
}

// ---- a byte there and back through two pipes

struct Pipes {
  int there[2];
  int back[2];
};

void NeedPipePartner(Context& context) {
  const long area = sys::RawMmap(nullptr, context.page_bytes, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1);
  if (sys::RawFailed(area)) context.Refuse("a page could not be mapped: errno", -area);
  context.area = reinterpret_cast<void*>(area);
  Pipes& pipes = *static_cast<Pipes*>(context.area);
  if (RawSyscall(__NR_pipe2, RawArg(pipes.there), 0) != 0 ||
      RawSyscall(__NR_pipe2, RawArg(pipes.back), 0) != 0)
    context.Refuse("no pipe could be had", 0);
  const long pid = sys::RawFork();
  if (pid < 0) context.Refuse("no partner could be created: errno", -pid);
  if (pid > 0) return;
  FollowParent();
  char byte = 0;
  while (RawSyscall(__NR_read, pipes.there[0], RawArg(&byte), 1) == 1)
    RawSyscall(__NR_write, pipes.back[1], RawArg(&byte), 1);
  ExitChild();
}

int64_t PipeRound(Context& context) {
  const Pipes pipes = *static_cast<Pipes*>(context.area);
  char byte = 1;
  long moved = 0;
  const int64_t start = context.Now();
  for (int64_t i = 0; i < kRounds; ++i) {
    moved += RawSyscall(__NR_write, pipes.there[1], RawArg(&byte), 1);
    moved += RawSyscall(__NR_read, pipes.back[0], RawArg(&byte), 1);
  }
  const int64_t length = context.Length(start);
  if (moved != 2 * kRounds) context.Refuse("not every byte came back: moved", moved);
  return length;
}

// ---- a turn there and back through a futex

void WaitForTurn(int* turn, int mine) {
  while (true) {
    const int seen = __atomic_load_n(turn, __ATOMIC_ACQUIRE);
    if (seen == mine) return;
    RawSyscall(__NR_futex, RawArg(turn), FUTEX_WAIT, seen, 0);
  }
}

void GiveTurn(int* turn, int to) {
  __atomic_store_n(turn, to, __ATOMIC_RELEASE);
  RawSyscall(__NR_futex, RawArg(turn), FUTEX_WAKE, 1);
}

constexpr int kOurs = 0;
constexpr int kTheirs = 1;

void NeedFutexPartner(Context& context) {
  const long area = sys::RawMmap(nullptr, context.page_bytes, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1);
  if (sys::RawFailed(area)) context.Refuse("a page could not be mapped: errno", -area);
  context.area = reinterpret_cast<void*>(area);
  int* const turn = static_cast<int*>(context.area);
  __atomic_store_n(turn, kOurs, __ATOMIC_RELEASE);
  const long pid = sys::RawFork();
  if (pid < 0) context.Refuse("no partner could be created: errno", -pid);
  if (pid > 0) return;
  FollowParent();
  while (true) {
    WaitForTurn(turn, kTheirs);
    GiveTurn(turn, kOurs);
  }
}

int64_t FutexRound(Context& context) {
  int* const turn = static_cast<int*>(context.area);
  const int64_t start = context.Now();
  for (int64_t i = 0; i < kRounds; ++i) {
    GiveTurn(turn, kTheirs);
    WaitForTurn(turn, kOurs);
  }
  return context.Length(start);
}

constexpr FaultRange kNone = {0, 0};

#define PROCMARK_YARDSTICK(name, sentence, tags, operations, prepare, sample)                      \
  {                                                                                                \
    name, sentence, "yardstick", Edge::kCall, Edge::kParentReturn, "raw", tags, "", operations, 0, \
        kNone, prepare, Repeat<sample>                                                             \
  }
// A partner that began before it works too.
#define PROCMARK_SWITCH(name, sentence, tags, prepare, sample)                                  \
  {                                                                                             \
    name, sentence, "yardstick", Edge::kCall, Edge::kParentReturn, "raw", tags, "", kRounds, 0, \
        kNone, prepare, Repeat<sample>, "", Uncounted::kAll                                     \
  }

PROCMARK_BENCHMARKS kYardstick[] = {
    PROCMARK_YARDSTICK("yardstick/empty",
                       "Measures two clock reads with nothing between them: what every sample of "
                       "one operation holds beside it.",
                       "core,yardstick", 1, nullptr, Empty),
    PROCMARK_YARDSTICK("yardstick/clock", "Measures a clock read; one sample is 64.", "yardstick",
                       kCalls, nullptr, ClockRead),
    PROCMARK_YARDSTICK("yardstick/getpid",
                       "Measures getpid(2), the shortest system call; one sample is 64.",
                       "core,yardstick", kCalls, nullptr, GetPid),
    PROCMARK_YARDSTICK("yardstick/turns:1000",
                       "Measures a loop of 1000 turns of two instructions each (one on ppc64el and "
                       "s390x): what the clock is checked by.",
                       "core,yardstick", 1, nullptr, KnownLoop<1000>),
    PROCMARK_YARDSTICK("yardstick/turns:2000",
                       "Measures the same loop with 2000 turns: 1000 turns more.", "core,yardstick",
                       1, nullptr, KnownLoop<2000>),
    PROCMARK_YARDSTICK("yardstick/yield",
                       "Measures sched_yield(2) with nobody to yield to; one sample is 64.",
                       "yardstick", kCalls, nullptr, Yield),
    PROCMARK_SWITCH("yardstick/switch:pipe",
                    "Measures a byte's way to another process and back through two pipes, two "
                    "switches; one sample is 16 round trips.",
                    "core,yardstick", NeedPipePartner, PipeRound),
    PROCMARK_SWITCH("yardstick/switch:futex",
                    "Measures handing a turn to another process and getting it back through a "
                    "shared futex, two switches; one sample is 16 round trips.",
                    "yardstick", NeedFutexPartner, FutexRound)};

}  // namespace
}  // namespace procmark::subject
