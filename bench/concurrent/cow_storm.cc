// SPDX-License-Identifier: MIT
// Several children write at the same time to the pages that they share.
#include <linux/mman.h>

#include "bench/subject/futex.h"
#include "bench/subject/memory.h"
#include "bench/subject/pages.h"
#include "bench/subject/shape.h"

namespace procmark::subject {
namespace {

// In memory that parent and children share. Tasks wait on each word by futex(2); within a sample a
// word only grows.
struct Meeting {
  int ready;     // children that have started
  int go;        // 1: write
  int finished;  // children that have written
  int leave;     // 1: exit
  int members;
  char* pages;  // kBatch, private
  int pids[];   // of each member
};

struct Arranged {
  Meeting* meeting;
};

void Raise(int& word, int wake_at) {
  if (__atomic_add_fetch(&word, 1, __ATOMIC_ACQ_REL) == wake_at) WakeWord(word, kEverybody);
}

void NeedMeeting(Context& context, Arranged& arranged) {
  const auto members = static_cast<uint32_t>(context.amount);
  context.expected.operations *= members;
  context.expected.children *= members;
  const unsigned long bytes = context.page_bytes * kBatch;
  Shape cost{};
  cost.siblings = members;
  NeedMemory(context, BytesOf(cost) + members * bytes);
  const long area = sys::RawMmap(nullptr, sizeof(Meeting) + members * sizeof(int),
                                 PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
  if (sys::RawFailed(area)) context.Refuse("a page could not be mapped: errno", -area);
  Meeting& meeting = *reinterpret_cast<Meeting*>(area);
  meeting.members = static_cast<int>(members);
  meeting.pages = MapSmall(context, bytes);
  WriteEachPage(meeting.pages, bytes, context.page_bytes);
  arranged.meeting = &meeting;
}

[[noreturn]] void Attend(const Context& context, Meeting& meeting) {
  Raise(meeting.ready, meeting.members);
  AwaitWord(meeting.go, 1);
  WriteEachPage(meeting.pages, context.page_bytes * kBatch, context.page_bytes);
  Raise(meeting.finished, meeting.members);
  AwaitWord(meeting.leave, 1);
  ExitChild();
}

int64_t CopyTogether(Context& context, Arranged& arranged) {
  Meeting& meeting = *arranged.meeting;
  meeting.ready = meeting.go = meeting.finished = meeting.leave = 0;
  for (int i = 0; i < meeting.members; ++i) {
    const long pid = sys::RawFork();
    if (pid == 0) Attend(context, meeting);
    if (pid < 0) context.Refuse("no child could be created: errno", -pid);
    meeting.pids[i] = static_cast<int>(pid);
  }
  AwaitWord(meeting.ready, meeting.members);
  const int64_t start = context.Now();
  Raise(meeting.go, 1);
  AwaitWord(meeting.finished, meeting.members);
  const int64_t length = context.Length(start);
  Raise(meeting.leave, 1);
  for (int i = 0; i < meeting.members; ++i) ReapChild(context, meeting.pids[i]);
  return length;
}

template <Literal kMembers>
consteval Benchmark Sharers() {
  return {.name = Join<"fault/kind:cow_copy/sharers:", kMembers>,
          .measures = Join<"the writes of ", kMembers,
                           " children at once to the same 64 pages, which they share with their "
                           "parent since fork(2), so that each copies all of them; from waking "
                           "them until the last has finished, per page and child">,
          .not_timed = "the forks, their ends",
          .from = Edge::kCall,
          .to = Edge::kParentReturn,
          .tags = Tag::kStorm,
          .parameter = "sharers",
          .operations = kBatch,
          .children = 1,
          // Per page: its copy, and a part of each child's faults on its stack and text.
          .faults = {1, 2},
          .run = Repeat<CopyTogether, NeedMeeting>};
}

PROCMARK_BENCHMARKS kCowStorm =
    List(Sharers<"1">(), Sharers<"2">(), Sharers<"8">(), Sharers<"all">());

}  // namespace
}  // namespace procmark::subject
