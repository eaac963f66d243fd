// SPDX-License-Identifier: MIT
// Several processes or threads create children, or touch pages, at the same time.
#include <linux/mman.h>

#include "bench/subject/memory.h"
#include "bench/subject/pages.h"
#include "bench/subject/raw_thread.h"
#include "bench/subject/team.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

constexpr int64_t kChildren = 4;  // of each member in one round
constexpr unsigned long kStackBytes = 16 * 1024;

uint32_t MembersOf(const Context& context) { return static_cast<uint32_t>(context.amount); }

// A sample is what all members do in one round.
void Multiply(Context& context) {
  context.expected.operations *= MembersOf(context);
  context.expected.children *= MembersOf(context);
}

// ---- forks

struct Forkers {
  Team* team;
};

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

template <Members kKind>
void NeedForkers(Context& context, Forkers& forkers) {
  Multiply(context);
  forkers.team = MakeTeam(context, kKind, MembersOf(context), ForkAndReap);
}

int64_t ForkTogether(Context& context, const Forkers& forkers) {
  const int64_t length = RunTeam(context, *forkers.team, context.expected.children);
  context.children += context.expected.children;
  return length;
}

// ---- threads

struct CreatorTeam {
  Team* team;
  char* stacks;  // one for each member
};

struct Creators {
  CreatorTeam* shared;
};

void Leave(void*) { ExitThread(); }

int64_t CreateAndJoin(Context& context, uint32_t index) {
  char* const top = context.State<Creators>().shared->stacks + (index + 1) * kStackBytes;
  int64_t good = 0;
  for (int64_t i = 0; i < kChildren; ++i) {
    int tid = 0;
    if (sys::RawCloneOnStack(kThreadFlags, top, &tid, &tid, Leave, nullptr) < 0) continue;
    JoinThread(&tid);
    ++good;
  }
  return good;
}

void NeedCreators(Context& context, Creators& creators) {
  const uint32_t members = MembersOf(context);
  Multiply(context);
  CreatorTeam& shared = *(creators.shared = MapObject<CreatorTeam>(context));
  shared.stacks = MapSmall(context, members * kStackBytes);
  WriteEachPage(shared.stacks, members * kStackBytes, context.page_bytes);
  shared.team = MakeTeam(context, Members::kThreads, members, CreateAndJoin);
}

int64_t CreateTogether(Context& context, const Creators& creators) {
  const int64_t length = RunTeam(context, *creators.shared->team, context.expected.children);
  context.children += context.expected.children;
  return length;
}

// ---- faults in one mapping

struct WriterTeam {
  Team* team;
  Area area;  // one mapping; kBatch pages for each member
};

struct Writers {
  WriterTeam* shared;
};

int64_t TouchOwn(Context& context, uint32_t index) {
  volatile char* page = context.State<Writers>().shared->area.bytes +
                        index * static_cast<unsigned long>(kBatch) * context.page_bytes;
  for (int64_t i = 0; i < kBatch; ++i, page += context.page_bytes) *page = 1;
  return kBatch;
}

void NeedWriters(Context& context, Writers& writers) {
  const uint32_t members = MembersOf(context);
  Multiply(context);
  WriterTeam& shared = *(writers.shared = MapObject<WriterTeam>(context));
  shared.area.size = members * static_cast<unsigned long>(kBatch) * context.page_bytes;
  shared.area.bytes = MapSmall(context, shared.area.size);
  shared.team = MakeTeam(context, Members::kThreads, members, TouchOwn);
}

int64_t WriteTogether(Context& context, const Writers& writers) {
  const long dropped = RawSyscall(__NR_madvise, RawArg(writers.shared->area.bytes),
                                  static_cast<long>(writers.shared->area.size), MADV_DONTNEED);
  if (dropped != 0) context.Refuse("the pages could not be dropped: errno", -dropped);
  return RunTeam(context, *writers.shared->team, context.expected.operations);
}

// ---- the benchmarks

// Per operation, of this process and the children that it reaps.
constexpr FaultRange kNone = {0, 0};
constexpr FaultRange kOfForks = {1, 8};
constexpr FaultRange kOfPages = {1, 1};

template <Literal kMembers, Literal kKey, Members kKind>
consteval Benchmark Forks(FaultRange faults, Uncounted uncounted) {
  return {.name = Join<"fork/", kKey, ":", kMembers, "/to:reaped">,
          .measures = Join<"fork(2) by ", kMembers, " ", kKey,
                           " at once, each of which reaps what it forks, from waking them until "
                           "the last has finished; one sample is 4 children of each">,
          .not_timed = "their creation",
          .from = Edge::kCall,
          .to = Edge::kReaped,
          .tags = Tag::kStorm,
          .parameter = Join<kKey>,
          .operations = kChildren,
          .children = kChildren,
          .faults = faults,
          .uncounted = uncounted,
          .run = Repeat<ForkTogether, NeedForkers<kKind>>};
}

template <Literal kMembers>
consteval Benchmark ForkingProcesses() {
  return Forks<kMembers, "forking_processes", Members::kProcesses>(kNone, Uncounted::kAll);
}

template <Literal kMembers>
consteval Benchmark ForkingThreads() {
  return Forks<kMembers, "forking_threads", Members::kThreads>(kOfForks, Uncounted::kCounters);
}

template <Literal kMembers>
consteval Benchmark ThreadCreators() {
  return {.name = Join<"thread/creators:", kMembers, "/to:reaped">,
          .measures = Join<"clone(2) of threads by ", kMembers,
                           " threads at once, each of which joins what it creates, from waking "
                           "them until the last has finished; one sample is 4 threads of each">,
          .not_timed = "their own creation",
          .from = Edge::kCall,
          .to = Edge::kReaped,
          .tags = Tag::kStorm,
          .parameter = "creators",
          .operations = kChildren,
          .children = kChildren,
          .faults = kNone,
          .uncounted = Uncounted::kCounters,
          .run = Repeat<CreateTogether, NeedCreators>};
}

template <Literal kMembers>
consteval Benchmark PageWriters() {
  return {.name = Join<"fault/kind:first_touch/writers:", kMembers>,
          .measures = Join<"first writes to pages of one mapping by ", kMembers,
                           " threads at once, each to 64 pages of its own, from waking them until "
                           "the last has finished; per page">,
          .not_timed = "dropping the pages",
          .from = Edge::kCall,
          .to = Edge::kParentReturn,
          .tags = Tag::kStorm,
          .parameter = "writers",
          .operations = kBatch,
          .faults = kOfPages,
          .uncounted = Uncounted::kCounters,
          .run = Repeat<WriteTogether, NeedWriters>};
}

PROCMARK_BENCHMARKS kStorm =
    List(ForkingProcesses<"1">(), ForkingProcesses<"2">(), ForkingProcesses<"8">(),
         ForkingProcesses<"all">(), ForkingThreads<"1">(), ForkingThreads<"2">(),
         ForkingThreads<"8">(), ForkingThreads<"all">(), ThreadCreators<"1">(),
         ThreadCreators<"2">(), ThreadCreators<"8">(), ThreadCreators<"all">(), PageWriters<"1">(),
         PageWriters<"2">(), PageWriters<"8">(), PageWriters<"all">());

}  // namespace
}  // namespace procmark::subject
