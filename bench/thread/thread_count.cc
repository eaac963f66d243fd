// SPDX-License-Identifier: MIT
// More threads by raw clone(2): many at once, and one on a stack that is mapped for it.
#include <asm/errno.h>
#include <linux/mman.h>

#include "bench/subject/benchmark.h"
#include "bench/subject/memory.h"
#include "bench/subject/raw_thread.h"
#include "bench/subject/shape.h"

namespace procmark::subject {
namespace {

using sys::RawSyscall;

constexpr unsigned long kStackBytes = 16 * 1024;
constexpr unsigned long kLineBytes = 64;

// At the low end of each stack's memory; the stack grows down from the other end.
struct alignas(kLineBytes) Slot {
  int tid;      // the kernel clears it when the thread is gone
  int64_t ran;  // how often a thread ran on this stack
};

struct Stacks {
  char* bytes;
};

void Count(void* argument) {
  ++static_cast<Slot*>(argument)->ran;
  ExitThread();
}

Slot* SlotOf(char* stacks, uint32_t index) {
  return reinterpret_cast<Slot*>(stacks + index * kStackBytes);
}

[[gnu::always_inline]] inline long Start(Slot* slot) {
  char* const top = reinterpret_cast<char*>(slot) + kStackBytes;
  return sys::RawCloneOnStack(kThreadFlags, top, &slot->tid, &slot->tid, Count, slot);
}

uint32_t CountOf(const Context& context) { return static_cast<uint32_t>(context.amount); }

// One sample is context.amount threads.
void NeedStacks(Context& context, Stacks& stacks) {
  context.expected.operations = context.expected.children = CountOf(context);
  Shape cost{};
  cost.threads = CountOf(context);
  NeedMemory(context, BytesOf(cost));
  const unsigned long bytes = kStackBytes * CountOf(context);
  stacks.bytes = MapSmall(context, bytes);
  WriteEachPage(stacks.bytes, bytes, context.page_bytes);
  for (uint32_t i = 0; i < CountOf(context); ++i) SlotOf(stacks.bytes, i)->ran = 0;
}

// Creates all, then joins all.
template <Edge kTo>
int64_t Many(Context& context, const Stacks& state) {
  const uint32_t count = CountOf(context);
  char* const stacks = state.bytes;
  const int64_t ran_before = SlotOf(stacks, 0)->ran;
  int64_t length = 0;
  const int64_t start = context.Now();
  for (uint32_t i = 0; i < count; ++i) {
    const long tid = Start(SlotOf(stacks, i));
    if (tid < 0) [[unlikely]] {
      if (tid == -EAGAIN) context.Skip("no more threads can be created here", -tid);
      context.Refuse("no thread could be created: errno", -tid);
    }
  }
  if constexpr (kTo == Edge::kParentReturn) length = context.Length(start);
  for (uint32_t i = 0; i < count; ++i) JoinThread(&SlotOf(stacks, i)->tid);
  if constexpr (kTo == Edge::kReaped) length = context.Length(start);
  for (uint32_t i = 0; i < count; ++i) {
    if (SlotOf(stacks, i)->ran != ran_before + 1)
      context.Refuse("a thread did not run once: threads that ran on its stack so far",
                     SlotOf(stacks, i)->ran);
  }
  context.children += count;
  return length;
}

// Times everything that a thread costs whose stack is not used again: mapping the stack with a
// guard page below, touching it first, unmapping it.
int64_t FreshStack(Context& context) {
  const unsigned long bytes = static_cast<unsigned long>(context.amount);
  Slot slot{0, 0};
  const int64_t start = context.Now();
  const long area = sys::RawMmap(nullptr, bytes + context.page_bytes, PROT_NONE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1);
  if (sys::RawFailed(area)) context.Refuse("a stack could not be mapped: errno", -area);
  const long stack = area + static_cast<long>(context.page_bytes);
  RawSyscall(__NR_mprotect, stack, static_cast<long>(bytes), PROT_READ | PROT_WRITE);
  char* const top = reinterpret_cast<char*>(stack) + bytes;
  const long tid = sys::RawCloneOnStack(kThreadFlags, top, &slot.tid, &slot.tid, Count, &slot);
  if (tid > 0) JoinThread(&slot.tid);
  RawSyscall(__NR_munmap, area, static_cast<long>(bytes + context.page_bytes));
  const int64_t length = context.Length(start);
  if (tid < 0) context.Refuse("no thread could be created: errno", -tid);
  if (slot.ran != 1) context.Refuse("the thread did not run once; it ran this often:", slot.ran);
  ++context.children;
  return length;
}

struct Fields {
  const char* not_timed;
  Edge to = Edge::kReaped;
  const char* parameter;
  FaultRange faults;
};

template <Literal kName>
consteval Benchmark RawThread(const char* measures, Run run, Fields fields) {
  return {.name = Join<"thread/", kName>,
          .measures = measures,
          .not_timed = fields.not_timed,
          .from = Edge::kCall,
          .to = fields.to,
          .parameter = fields.parameter,
          .children = 1,
          .faults = fields.faults,
          .run = run};
}

template <Literal kCount>
consteval Benchmarks<2> ManyThreads() {
  return {
      RawThread<kJoined<"count:", kCount, "/to:reaped">>(
          Join<"the creation of ", kCount,
               " threads by clone(2), one after the other, and the joining of all by futex(2); "
               "per thread">,
          Repeat<Many<Edge::kReaped>, NeedStacks>,
          {.not_timed = "the creation of their stacks", .parameter = "count", .faults = {0, 1}}),
      RawThread<kJoined<"count:", kCount, "/to:parent_return">>(
          Join<"the creation of ", kCount, " threads by clone(2), one after the other; per thread">,
          Repeat<Many<Edge::kParentReturn>, NeedStacks>,
          {.not_timed = "their ends",
           .to = Edge::kParentReturn,
           .parameter = "count",
           .faults = {0, 1}})};
}

template <Literal kSize>
consteval Benchmark OnFreshStack() {
  return RawThread<kJoined<"stack:", kSize, "/to:reaped">>(
      Join<"a thread by clone(2) on a fresh stack of ", kSize,
           "iB with a guard page: mapping, creation, its end, unmapping">,
      Repeat<FreshStack>, {.not_timed = "nothing", .parameter = "stack", .faults = {1, 4}});
}

PROCMARK_BENCHMARKS kThreadCount =
    List(ManyThreads<"8">(), ManyThreads<"64">(), ManyThreads<"256">(), OnFreshStack<"16K">(),
         OnFreshStack<"8M">(), OnFreshStack<"256M">());

}  // namespace
}  // namespace procmark::subject
