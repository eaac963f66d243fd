// Many children at the same pages: each writes what all of them share, at the same time.
#include <linux/mman.h>

#include "bench/subject/futex.h"
#include "bench/subject/pages.h"
#include "bench/subject/shape.h"

namespace procmark::subject {
namespace {

// In memory that parent and children share. Each word only grows within a sample, and is waited on
// by futex(2).
struct Meeting {
  int ready;     // children that are there
  int go;        // 1: write
  int finished;  // children that have written
  int leave;     // 1: exit
  int members;
  char* pages;  // kBatch, private
  int pids[];   // of each member
};

void Raise(int& word, int wake_at) {
  if (__atomic_add_fetch(&word, 1, __ATOMIC_ACQ_REL) == wake_at) WakeWord(word, kEverybody);
}

void NeedMeeting(Context& context) {
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
  context.area = &meeting;
}

[[noreturn]] void Attend(const Context& context, Meeting& meeting) {
  Raise(meeting.ready, meeting.members);
  AwaitWord(meeting.go, 1);
  WriteEachPage(meeting.pages, context.page_bytes * kBatch, context.page_bytes);
  Raise(meeting.finished, meeting.members);
  AwaitWord(meeting.leave, 1);
  ExitChild();
}

int64_t CopyTogether(Context& context) {
  Meeting& meeting = *static_cast<Meeting*>(context.area);
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

// Per page: its copy, and of each child what it takes for its stack, its text and the words.
constexpr FaultRange kCopies = {1, 2};

#define PROCMARK_SHARERS(members)                                                                \
  {                                                                                              \
    "fault/kind:cow_copy/sharers:" members,                                                      \
        "Measures the writes of " members                                                        \
        " children at once to the same 64 pages, which they share with their parent since "      \
        "fork(2), so that each copies all of them; from waking them until the last has "         \
        "finished, per page and child. Not timed: the forks, their ends.",                       \
        "fault", Edge::kCall, Edge::kParentReturn, "raw", "storm,fault", "", kBatch, 1, kCopies, \
        NeedMeeting, Repeat<CopyTogether>, "sharers"                                             \
  }

PROCMARK_BENCHMARKS kCowStorm[] = {PROCMARK_SHARERS("1"), PROCMARK_SHARERS("2"),
                                   PROCMARK_SHARERS("8"), PROCMARK_SHARERS("all")};

}  // namespace
}  // namespace procmark::subject
