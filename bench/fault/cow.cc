// Page faults by writing: first touch, the copy after a fork, the reuse by the last owner.
#include <linux/mman.h>

#include "bench/subject/pages.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

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

int64_t FirstTouch(Context& context) {
  const long dropped = RawSyscall(__NR_madvise, RawArg(context.area),
                                  static_cast<long>(context.area_bytes), MADV_DONTNEED);
  if (dropped != 0) context.Refuse("the pages could not be dropped: errno", -dropped);
  return WritePages(context);
}

int64_t CopyAfterFork(Context& context) {
  Sharer sharer(context);
  const int64_t length = WritePages(context);
  sharer.End(context);
  return length;
}

int64_t ReuseAfterFork(Context& context) {
  const long pid = sys::RawFork();
  if (pid == 0) ExitChild();
  ReapChild(context, pid);
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
