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

template <Members kKind, uint32_t kMembers>
void NeedForkers(Context& context) {
  context.area = MakeTeam(context, kKind, kMembers, ForkAndReap);
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

template <uint32_t kMembers>
void NeedCreators(Context& context) {
  Stacks* const stacks = reinterpret_cast<Stacks*>(MapSmall(context, context.page_bytes));
  stacks->stacks = MapSmall(context, kMembers * kStackBytes);
  WriteEachPage(stacks->stacks, kMembers * kStackBytes, context.page_bytes);
  context.area = stacks;
  stacks->team = MakeTeam(context, Members::kThreads, kMembers, CreateAndJoin);
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

template <uint32_t kMembers>
void NeedWriters(Context& context) {
  Shared* const shared = reinterpret_cast<Shared*>(MapSmall(context, context.page_bytes));
  context.area = shared;
  context.area_bytes = kMembers * static_cast<unsigned long>(kBatch) * context.page_bytes;
  shared->pages = MapSmall(context, context.area_bytes);
  shared->team = MakeTeam(context, Members::kThreads, kMembers, TouchOwn);
}

template <uint32_t kMembers>
int64_t WriteTogether(Context& context) {
  Shared& shared = *static_cast<Shared*>(context.area);
  const long dropped = RawSyscall(__NR_madvise, RawArg(shared.pages),
                                  static_cast<long>(context.area_bytes), MADV_DONTNEED);
  if (dropped != 0) context.Refuse("the pages could not be dropped: errno", -dropped);
  return RunTeam(context, *shared.team, kMembers * kBatch);
}

template <uint32_t kMembers>
int64_t ForkTogether(Context& context) {
  const int64_t length = RunTeam(context, *static_cast<Team*>(context.area), kMembers * kChildren);
  context.children += kMembers * kChildren;
  return length;
}

template <uint32_t kMembers>
int64_t CreateTogether(Context& context) {
  const int64_t length =
      RunTeam(context, *static_cast<Stacks*>(context.area)->team, kMembers * kChildren);
  context.children += kMembers * kChildren;
  return length;
}

constexpr FaultRange kAny = {0, 64};

#define PROCMARK_STORM(name, what, family, to, per_member, children, members, prepare, sample) \
  {                                                                                            \
    name, "Measures " what, family, Edge::kCall, to, "raw", "storm," family, "",               \
        (per_member) * (members), (children) * (members), kAny, prepare, Repeat<sample>        \
  }
#define PROCMARK_FORKERS(members, kind, kind_name)                                            \
  PROCMARK_STORM("fork/" kind_name ":" #members "/to:reaped",                                 \
                 "fork(2) by " #members " " kind_name                                         \
                 " at once, each reaping what it forks, from waking them until the last has " \
                 "finished; one sample is 4 children of each. Not timed: their creation.",    \
                 "fork", Edge::kReaped, kChildren, kChildren, members,                        \
                 (NeedForkers<kind, (members)>), ForkTogether<(members)>)
#define PROCMARK_CREATORS(members)                                                                \
  PROCMARK_STORM("thread/creators:" #members "/to:reaped",                                        \
                 "clone(2) of threads by " #members                                               \
                 " threads at once, each joining what it creates, from waking them until the "    \
                 "last has finished; one sample is 4 threads of each. Not timed: their own "      \
                 "creation.",                                                                     \
                 "thread", Edge::kReaped, kChildren, kChildren, members, NeedCreators<(members)>, \
                 CreateTogether<(members)>)
#define PROCMARK_WRITERS(members)                                                            \
  PROCMARK_STORM("fault/kind:first_touch/writers:" #members,                                 \
                 "first writes to pages of one mapping by " #members                         \
                 " threads at once, each to 64 of its own, from waking them until the last " \
                 "has finished; per page. Not timed: dropping the pages.",                   \
                 "fault", Edge::kParentReturn, kBatch, 0, members, NeedWriters<(members)>,   \
                 WriteTogether<(members)>)

PROCMARK_BENCHMARKS kStorm[] = {PROCMARK_FORKERS(2, Members::kProcesses, "forking_processes"),
                                PROCMARK_FORKERS(8, Members::kProcesses, "forking_processes"),
                                PROCMARK_FORKERS(2, Members::kThreads, "forking_threads"),
                                PROCMARK_FORKERS(8, Members::kThreads, "forking_threads"),
                                PROCMARK_CREATORS(2),
                                PROCMARK_CREATORS(8),
                                PROCMARK_WRITERS(1),
                                PROCMARK_WRITERS(2),
                                PROCMARK_WRITERS(8)};

}  // namespace
}  // namespace procmark::subject
