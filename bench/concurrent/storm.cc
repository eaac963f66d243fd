// Many at once: processes and threads that create children, or touch pages, at the same time.
#include <linux/mman.h>

#include "bench/subject/pages.h"
#include "bench/subject/raw_thread.h"
#include "bench/subject/shape.h"
#include "bench/subject/team.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

constexpr int64_t kChildren = 4;  // of each member in one round
constexpr unsigned long kStackBytes = 16 * 1024;

// ---- forks

int64_t ForkAndReap(Context&, uint32_t) {
  int64_t good = 0;
  for (int64_t i = 0; i < kChildren; ++i) {
    int status = -1;
    const long pid = sys::RawFork();
    if (pid == 0) ExitChild();
    if (pid > 0 && RawSyscall(__NR_wait4, pid, RawArg(&status), 0, 0) == pid &&
        status == kChildStatus << 8)
      ++good;
  }
  return good;
}

uint32_t MembersOf(const Context& context) { return static_cast<uint32_t>(context.amount); }

// A sample is what every member does in one round.
void Multiply(Context& context) {
  context.expected.operations *= MembersOf(context);
  context.expected.children *= MembersOf(context);
}

template <Members kKind>
void NeedForkers(Context& context) {
  Multiply(context);
  context.area = MakeTeam(context, kKind, MembersOf(context), ForkAndReap);
}

// ---- threads

struct Stacks {
  Team* team;
  char* stacks;  // one for each member
};

void Leave(void*) { ExitThread(); }

int64_t CreateAndJoin(Context& context, uint32_t index) {
  char* const top = static_cast<Stacks*>(context.area)->stacks + (index + 1) * kStackBytes;
  int64_t good = 0;
  for (int64_t i = 0; i < kChildren; ++i) {
    int tid = 0;
    if (sys::RawCloneOnStack(kThreadFlags, top, &tid, &tid, Leave, nullptr) < 0) continue;
    JoinThread(&tid);
    ++good;
  }
  return good;
}

void NeedCreators(Context& context) {
  const uint32_t members = MembersOf(context);
  Multiply(context);
  Stacks* const stacks = reinterpret_cast<Stacks*>(MapSmall(context, context.page_bytes));
  stacks->stacks = MapSmall(context, members * kStackBytes);
  WriteEachPage(stacks->stacks, members * kStackBytes, context.page_bytes);
  context.area = stacks;
  stacks->team = MakeTeam(context, Members::kThreads, members, CreateAndJoin);
}

// ---- faults in one mapping

struct Shared {
  Team* team;
  char* pages;  // kBatch for each member, in one mapping
};

int64_t TouchOwn(Context& context, uint32_t index) {
  volatile char* page = static_cast<Shared*>(context.area)->pages +
                        index * static_cast<unsigned long>(kBatch) * context.page_bytes;
  for (int64_t i = 0; i < kBatch; ++i, page += context.page_bytes) *page = 1;
  return kBatch;
}

void NeedWriters(Context& context) {
  const uint32_t members = MembersOf(context);
  Multiply(context);
  Shared* const shared = reinterpret_cast<Shared*>(MapSmall(context, context.page_bytes));
  context.area = shared;
  context.area_bytes = members * static_cast<unsigned long>(kBatch) * context.page_bytes;
  shared->pages = MapSmall(context, context.area_bytes);
  shared->team = MakeTeam(context, Members::kThreads, members, TouchOwn);
}

int64_t WriteTogether(Context& context) {
  Shared& shared = *static_cast<Shared*>(context.area);
  const long dropped = RawSyscall(__NR_madvise, RawArg(shared.pages),
                                  static_cast<long>(context.area_bytes), MADV_DONTNEED);
  if (dropped != 0) context.Refuse("the pages could not be dropped: errno", -dropped);
  return RunTeam(context, *shared.team, context.expected.operations);
}

int64_t ForkTogether(Context& context) {
  const int64_t length =
      RunTeam(context, *static_cast<Team*>(context.area), context.expected.children);
  context.children += context.expected.children;
  return length;
}

int64_t CreateTogether(Context& context) {
  const int64_t length =
      RunTeam(context, *static_cast<Stacks*>(context.area)->team, context.expected.children);
  context.children += context.expected.children;
  return length;
}

// Of one operation, as far as they are of this process and what it reaps.
constexpr FaultRange kOfThreads = {0, 0};
constexpr FaultRange kOfForks = {1, 8};
constexpr FaultRange kOfPages = {1, 1};

#define PROCMARK_STORM(name, key, what, family, to, operations, children, faults, prepare, sample, \
                       uncounted)                                                                  \
  {                                                                                                \
    name, "Measures " what, family, Edge::kCall, to, "raw", "storm," family, "", operations,       \
        children, faults, prepare, Repeat<sample>, key, uncounted                                  \
  }
#define PROCMARK_FORKERS(members, kind, key, faults, uncounted)                               \
  PROCMARK_STORM("fork/" key ":" members "/to:reaped", key,                                   \
                 "fork(2) by " members " " key                                                \
                 " at once, each reaping what it forks, from waking them until the last has " \
                 "finished; one sample is 4 children of each. Not timed: their creation.",    \
                 "fork", Edge::kReaped, kChildren, kChildren, faults, NeedForkers<kind>,      \
                 ForkTogether, uncounted)
#define PROCMARK_FORKING_PROCESSES(members) \
  PROCMARK_FORKERS(members, Members::kProcesses, "forking_processes", kOfThreads, Uncounted::kAll)
#define PROCMARK_FORKING_THREADS(members) \
  PROCMARK_FORKERS(members, Members::kThreads, "forking_threads", kOfForks, Uncounted::kCounters)
#define PROCMARK_CREATORS(members)                                                             \
  PROCMARK_STORM("thread/creators:" members "/to:reaped", "creators",                          \
                 "clone(2) of threads by " members                                             \
                 " threads at once, each joining what it creates, from waking them until the " \
                 "last has finished; one sample is 4 threads of each. Not timed: their own "   \
                 "creation.",                                                                  \
                 "thread", Edge::kReaped, kChildren, kChildren, kOfThreads, NeedCreators,      \
                 CreateTogether, Uncounted::kCounters)
#define PROCMARK_WRITERS(members)                                                               \
  PROCMARK_STORM("fault/kind:first_touch/writers:" members, "writers",                          \
                 "first writes to pages of one mapping by " members                             \
                 " threads at once, each to 64 of its own, from waking them until the last "    \
                 "has finished; per page. Not timed: dropping the pages.",                      \
                 "fault", Edge::kParentReturn, kBatch, 0, kOfPages, NeedWriters, WriteTogether, \
                 Uncounted::kCounters)

PROCMARK_BENCHMARKS kStorm[] = {PROCMARK_FORKING_PROCESSES("1"), PROCMARK_FORKING_PROCESSES("2"),
                                PROCMARK_FORKING_PROCESSES("8"), PROCMARK_FORKING_PROCESSES("all"),
                                PROCMARK_FORKING_THREADS("1"),   PROCMARK_FORKING_THREADS("2"),
                                PROCMARK_FORKING_THREADS("8"),   PROCMARK_FORKING_THREADS("all"),
                                PROCMARK_CREATORS("1"),          PROCMARK_CREATORS("2"),
                                PROCMARK_CREATORS("8"),          PROCMARK_CREATORS("all"),
                                PROCMARK_WRITERS("1"),           PROCMARK_WRITERS("2"),
                                PROCMARK_WRITERS("8"),           PROCMARK_WRITERS("all")};

}  // namespace
}  // namespace procmark::subject
