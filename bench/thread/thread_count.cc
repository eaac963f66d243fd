// Threads by raw clone(2) beyond one at a time: many at once, and one on a stack of its own making.
#include <linux/mman.h>

#include "bench/subject/raw_thread.h"
#include "bench/subject/shape.h"

namespace procmark::subject {
namespace {

using sys::RawSyscall;

constexpr unsigned long kStackBytes = 16 * 1024;
constexpr unsigned long kLineBytes = 64;

// Begins each stack's mapping; the stack grows down from the other end.
struct alignas(kLineBytes) Slot {
  int tid;      // cleared by the kernel when the thread is gone
  int64_t ran;  // how often a thread ran on this stack
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

// One sample is as many threads as asked for.
void NeedStacks(Context& context) {
  context.expected.operations = context.expected.children = CountOf(context);
  Shape cost{};
  cost.threads = CountOf(context);
  NeedMemory(context, BytesOf(cost));
  context.area_bytes = kStackBytes * CountOf(context);
  context.area = MapSmall(context, context.area_bytes);
  WriteEachPage(static_cast<char*>(context.area), context.area_bytes, context.page_bytes);
  for (uint32_t i = 0; i < CountOf(context); ++i)
    SlotOf(static_cast<char*>(context.area), i)->ran = 0;
}

// Creates all, then joins all.
template <Edge kTo>
int64_t Many(Context& context) {
  const uint32_t count = CountOf(context);
  char* const stacks = static_cast<char*>(context.area);
  const int64_t ran_before = SlotOf(stacks, 0)->ran;
  int64_t length = 0;
  const int64_t start = context.Now();
  for (uint32_t i = 0; i < count; ++i) {
    const long tid = Start(SlotOf(stacks, i));
    if (tid < 0) [[unlikely]]
      context.Refuse("no thread could be created: errno", -tid);
  }
  if constexpr (kTo == Edge::kParentReturn) length = context.Length(start);
  for (uint32_t i = 0; i < count; ++i) JoinThread(&SlotOf(stacks, i)->tid);
  if constexpr (kTo == Edge::kReaped) length = context.Length(start);
  for (uint32_t i = 0; i < count; ++i) {
    if (SlotOf(stacks, i)->ran != ran_before + 1)
      context.Refuse("not each thread ran once: on its stack there ran", SlotOf(stacks, i)->ran);
  }
  context.children += count;
  return length;
}

// Everything that a thread costs whose stack is not used again: mapping it with a guard page below,
// its first touch, unmapping.
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
  if (slot.ran != 1) context.Refuse("the thread did not run once but", slot.ran);
  ++context.children;
  return length;
}

constexpr FaultRange kNone = {0, 1};
constexpr FaultRange kFresh = {1, 4};

#define PROCMARK_THREADS(count)                                                                   \
  {"thread/count:" #count "/to:reaped",                                                           \
   "Measures the creation of " #count                                                             \
   " threads by clone(2), one after the other, and the joining of all by futex(2); per thread. "  \
   "Not timed: the making of their stacks.",                                                      \
   "thread",                                                                                      \
   Edge::kCall,                                                                                   \
   Edge::kReaped,                                                                                 \
   "raw",                                                                                         \
   "thread",                                                                                      \
   "",                                                                                            \
   1,                                                                                             \
   1,                                                                                             \
   kNone,                                                                                         \
   NeedStacks,                                                                                    \
   Repeat<Many<Edge::kReaped>>,                                                                   \
   "count"},                                                                                      \
  {                                                                                               \
    "thread/count:" #count "/to:parent_return",                                                   \
        "Measures the creation of " #count                                                        \
        " threads by clone(2), one after the other; per thread. Not timed: their ends.",          \
        "thread", Edge::kCall, Edge::kParentReturn, "raw", "thread", "", 1, 1, kNone, NeedStacks, \
        Repeat<Many<Edge::kParentReturn>>, "count"                                                \
  }
#define PROCMARK_FRESH(text)                                                                \
  {                                                                                         \
    "thread/stack:" text "/to:reaped",                                                      \
        "Measures a thread by clone(2) on a fresh stack of " text                           \
        "iB with a guard page: mapping, creation, its end, unmapping. Not timed: nothing.", \
        "thread", Edge::kCall, Edge::kReaped, "raw", "thread", "", 1, 1, kFresh, nullptr,   \
        Repeat<FreshStack>, "stack"                                                         \
  }

PROCMARK_BENCHMARKS kThreadCount[] = {PROCMARK_THREADS(8),   PROCMARK_THREADS(64),
                                      PROCMARK_THREADS(256), PROCMARK_FRESH("16K"),
                                      PROCMARK_FRESH("8M"),  PROCMARK_FRESH("256M")};

}  // namespace
}  // namespace procmark::subject
