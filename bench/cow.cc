// Page faults by writing: first touch, the copy after a fork, the reuse by the last owner.
#include <linux/mman.h>
#include <linux/resource.h>

#include "bench/subject/context.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

// Pages written in one sample: few enough for a sample of much less than 0.5 ms, enough to drown
// two clock reads.
constexpr int64_t kBatch = 64;

int64_t MinorFaults() {
  struct rusage usage {};
  RawSyscall(__NR_getrusage, RUSAGE_SELF, RawArg(&usage));
  return usage.ru_minflt;
}

// A private area of kBatch pages, each written once; no huge page may make one fault of many.
void NeedArea(Context& context) {
  const unsigned long bytes = context.page_bytes * kBatch;
  const long area =
      sys::RawMmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  if (sys::RawFailed(area)) context.Refuse("the pages could not be mapped: errno", -area);
  // EINVAL: a kernel without transparent huge pages (madvise(2)).
  RawSyscall(__NR_madvise, area, static_cast<long>(bytes), MADV_NOHUGEPAGE);
  context.area = reinterpret_cast<void*>(area);
  context.area_bytes = bytes;
  volatile char* page = static_cast<char*>(context.area);
  for (int64_t i = 0; i < kBatch; ++i, page += context.page_bytes) *page = 1;
}

// The timed region of all three: one byte written to each page. Refuses unless each was one fault.
[[gnu::always_inline]] inline int64_t WritePages(Context& context) {
  const unsigned long step = context.page_bytes;
  const int64_t before = MinorFaults();
  const int64_t start = context.Now();
  volatile char* page = static_cast<char*>(context.area);
  for (int64_t i = 0; i < kBatch; ++i, page += step) *page = 1;
  const int64_t length = context.Length(start);
  const int64_t faults = MinorFaults() - before;
  constexpr int64_t kSlack = 2;
  if (faults < kBatch || faults > kBatch + kSlack)
    context.Refuse("the pages written did not take one minor fault each but in all", faults);
  return length;
}

int64_t FirstTouch(Context& context) {
  const long dropped = RawSyscall(__NR_madvise, RawArg(context.area),
                                  static_cast<long>(context.area_bytes), MADV_DONTNEED);
  if (dropped != 0) context.Refuse("the pages could not be dropped: errno", -dropped);
  return WritePages(context);
}

[[gnu::always_inline]] inline void Reap(Context& context, long pid) {
  context.status = -1;
  const long reaped = RawSyscall(__NR_wait4, pid, RawArg(&context.status), 0, 0);
  context.CheckChild(pid, reaped);
}

// A child that shares all pages, says so, and stays until its parent closes the pipe (or dies).
int64_t CopyAfterFork(Context& context) {
  int ready[2] = {-1, -1};
  int leave[2] = {-1, -1};
  if (RawSyscall(__NR_pipe2, RawArg(ready), 0) != 0 ||
      RawSyscall(__NR_pipe2, RawArg(leave), 0) != 0)
    context.Refuse("no pipe could be had", 0);
  char byte = 0;
  const long pid = sys::RawFork();
  if (pid == 0) {
    RawSyscall(__NR_close, leave[1]);
    RawSyscall(__NR_write, ready[1], RawArg(&byte), 1);
    RawSyscall(__NR_read, leave[0], RawArg(&byte), 1);
    ExitChild();
  }
  if (pid < 0) context.Refuse("no child could be created: errno", -pid);
  RawSyscall(__NR_close, ready[1]);
  if (RawSyscall(__NR_read, ready[0], RawArg(&byte), 1) != 1)
    context.Refuse("the child ended before it shared the pages", 0);
  const int64_t length = WritePages(context);
  RawSyscall(__NR_close, ready[0]);
  RawSyscall(__NR_close, leave[0]);
  RawSyscall(__NR_close, leave[1]);
  Reap(context, pid);
  return length;
}

int64_t ReuseAfterFork(Context& context) {
  const long pid = sys::RawFork();
  if (pid == 0) ExitChild();
  Reap(context, pid);
  return WritePages(context);
}

constexpr FaultRange kOnePerPage = {1, 1};
constexpr FaultRange kOnePerPageAndAFork = {1, 2};

PROCMARK_BENCHMARKS kCow[] = {
    {"fault/kind:first_touch",
     "Measures the first write to a page of private anonymous memory, huge pages off, page tables "
     "in place; one sample is 64 pages. Not timed: mapping and dropping them.",
     "fault", Edge::kCall, Edge::kParentReturn, "raw", "core", "", kBatch, 0, kOnePerPage, NeedArea,
     Repeat<FirstTouch>},
    {"fault/kind:cow_copy",
     "Measures a parent's write to a page that a living child shares since fork(2), so that it "
     "must "
     "be copied; one sample is 64 pages. Not timed: the fork, the child's end.",
     "fault", Edge::kCall, Edge::kParentReturn, "raw", "core", "", kBatch, 1, kOnePerPageAndAFork,
     NeedArea, Repeat<CopyAfterFork>},
    {"fault/kind:cow_reuse",
     "Measures a parent's write to a page that it shared with a child of fork(2) that is gone, so "
     "that the page is its own again; one sample is 64 pages. Not timed: the fork, the child's "
     "end.",
     "fault", Edge::kCall, Edge::kParentReturn, "raw", "core", "", kBatch, 1, kOnePerPageAndAFork,
     NeedArea, Repeat<ReuseAfterFork>}};

}  // namespace
}  // namespace procmark::subject
