// SPDX-License-Identifier: MIT
// Yardsticks: well-known operations, to compare other numbers of the same run with.
#include <linux/futex.h>
#include <linux/mman.h>
#include <linux/signal.h>

#include "bench/subject/benchmark.h"
#include "bench/subject/memory.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

constexpr int64_t kCalls = 64;   // in one sample: one is too short to be timed
constexpr int64_t kRounds = 16;  // round trips in one sample

int64_t Empty(Context& context) {
  const int64_t start = context.Now();
  return context.Length(start);
}

int64_t ClockRead(Context& context) {
  int64_t sum = 0;
  const int64_t start = context.Now();
  for (int64_t i = 0; i < kCalls; ++i) sum += context.Now();
  const int64_t length = context.Length(start);
  if (sum == 0) context.Refuse("the clock does not move: it reads", sum);
  return length;
}

int64_t GetPid(Context& context) {
  int64_t sum = 0;
  const int64_t start = context.Now();
  for (int64_t i = 0; i < kCalls; ++i) sum += RawSyscall(__NR_getpid);
  const int64_t length = context.Length(start);
  if (sum != kCalls * RawSyscall(__NR_getpid))
    context.Refuse("getpid(2) did not always give the same pid; their sum is", sum);
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

// A loop whose length in instructions is known, to check the exact clock itself. A turn is two
// instructions, on ppc64el and s390x one.
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

// Makes the calling partner die with its subject.
void FollowParent() {
  constexpr long kSetDeathSignal = 1;  // PR_SET_PDEATHSIG
  RawSyscall(__NR_prctl, kSetDeathSignal, SIGKILL, 0, 0, 0);
}

// ---- a byte's way there and back through two pipes

struct Pipes {
  int there[2];
  int back[2];
};

struct PipePartner {
  Pipes* pipes;
};

void NeedPipePartner(Context& context, PipePartner& partner) {
  Pipes& pipes = *(partner.pipes = MapObject<Pipes>(context));
  if (RawSyscall(__NR_pipe2, RawArg(pipes.there), 0) != 0 ||
      RawSyscall(__NR_pipe2, RawArg(pipes.back), 0) != 0)
    context.Refuse("no pipe could be opened", 0);
  const long pid = sys::RawFork();
  if (pid < 0) context.Refuse("no partner could be created: errno", -pid);
  if (pid > 0) return;
  FollowParent();
  char byte = 0;
  while (RawSyscall(__NR_read, pipes.there[0], RawArg(&byte), 1) == 1)
    RawSyscall(__NR_write, pipes.back[1], RawArg(&byte), 1);
  ExitChild();
}

int64_t PipeRound(Context& context, const PipePartner& partner) {
  const Pipes pipes = *partner.pipes;
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

// ---- a turn that goes there and back through a futex

struct Turns {
  int* turn;  // in memory that both processes share
};

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

void NeedFutexPartner(Context& context, Turns& turns) {
  const long area = sys::RawMmap(nullptr, context.page_bytes, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1);
  if (sys::RawFailed(area)) context.Refuse("a page could not be mapped: errno", -area);
  int* const turn = turns.turn = reinterpret_cast<int*>(area);
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

int64_t FutexRound(Context& context, const Turns& turns) {
  int* const turn = turns.turn;
  const int64_t start = context.Now();
  for (int64_t i = 0; i < kRounds; ++i) {
    GiveTurn(turn, kTheirs);
    WaitForTurn(turn, kOurs);
  }
  return context.Length(start);
}

struct Fields {
  Tag tags = Tag::kNone;
  int64_t operations = 1;
  Uncounted uncounted = Uncounted::kNothing;
};

template <Literal kName>
consteval Benchmark Yardstick(const char* measures, Run run, Fields fields = {}) {
  return {.name = Join<"yardstick/", kName>,
          .measures = measures,
          .from = Edge::kCall,
          .to = Edge::kParentReturn,
          .tags = fields.tags,
          .operations = fields.operations,
          .uncounted = fields.uncounted,
          .run = run};
}

PROCMARK_BENCHMARKS kYardstick = List(
    Yardstick<"empty">("two clock reads with nothing between them, which every sample contains",
                       Repeat<Empty>, {.tags = Tag::kCore}),
    Yardstick<"clock">("a clock read; one sample is 64", Repeat<ClockRead>, {.operations = kCalls}),
    Yardstick<"getpid">("getpid(2), the shortest system call; one sample is 64", Repeat<GetPid>,
                        {.tags = Tag::kCore, .operations = kCalls}),
    Yardstick<"turns:1000">("a loop of 1000 turns of two instructions each (one on ppc64el and "
                            "s390x), which checks the clock",
                            Repeat<KnownLoop<1000>>, {.tags = Tag::kCore}),
    Yardstick<"turns:2000">("the same loop with 2000 turns: 1000 turns more",
                            Repeat<KnownLoop<2000>>, {.tags = Tag::kCore}),
    Yardstick<"yield">("sched_yield(2) when no other task wants to run; one sample is 64",
                       Repeat<Yield>, {.operations = kCalls}),
    // The partner began before the counters and is reaped by no process.
    Yardstick<"switch:pipe">(
        "a byte's way to another process and back through two pipes, with two switches; one sample "
        "is 16 round trips",
        Repeat<PipeRound, NeedPipePartner>,
        {.tags = Tag::kCore, .operations = kRounds, .uncounted = Uncounted::kAll}),
    Yardstick<"switch:futex">(
        "giving another process the turn and getting it back through a shared futex, with two "
        "switches; one sample is 16 round trips",
        Repeat<FutexRound, NeedFutexPartner>,
        {.operations = kRounds, .uncounted = Uncounted::kAll}));

}  // namespace
}  // namespace procmark::subject
