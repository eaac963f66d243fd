// SPDX-License-Identifier: MIT
// Page faults by writing: the first touch, the copy after a fork, and the reuse by the last owner.
#include <linux/mman.h>

#include "bench/subject/pages.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

// Maps kBatch private pages and writes to each. Without huge pages, so that each page takes a fault
// of its own.
void NeedArea(Context& context, Area& area) {
  const unsigned long bytes = context.page_bytes * kBatch;
  const long mapped =
      sys::RawMmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  if (sys::RawFailed(mapped)) context.Refuse("the pages could not be mapped: errno", -mapped);
  // EINVAL: a kernel without transparent huge pages (madvise(2)).
  RawSyscall(__NR_madvise, mapped, static_cast<long>(bytes), MADV_NOHUGEPAGE);
  area = {reinterpret_cast<char*>(mapped), bytes};
  volatile char* page = area.bytes;
  for (int64_t i = 0; i < kBatch; ++i, page += context.page_bytes) *page = 1;
}

int64_t FirstTouch(Context& context, const Area& area) {
  const long dropped =
      RawSyscall(__NR_madvise, RawArg(area.bytes), static_cast<long>(area.size), MADV_DONTNEED);
  if (dropped != 0) context.Refuse("the pages could not be dropped: errno", -dropped);
  return WritePages(context, area);
}

int64_t CopyAfterFork(Context& context, const Area& area) {
  Sharer sharer(context);
  const int64_t length = WritePages(context, area);
  sharer.End(context);
  return length;
}

int64_t ReuseAfterFork(Context& context, const Area& area) {
  const long pid = sys::RawFork();
  if (pid == 0) ExitChild();
  ReapChild(context, pid);
  return WritePages(context, area);
}

PROCMARK_BENCHMARKS kCow = List(
    Benchmark{.name = "fault/kind:first_touch",
              .measures = "the first write to a page of private anonymous memory, huge pages off, "
                          "page tables in place; one sample is 64 pages",
              .not_timed = "mapping and dropping them",
              .from = Edge::kCall,
              .to = Edge::kParentReturn,
              .tags = Tag::kCore,
              .operations = kBatch,
              .faults = {1, 1},
              .run = Repeat<FirstTouch, NeedArea>},
    Benchmark{.name = "fault/kind:cow_copy",
              .measures = "a parent's write to a page that it shares with a living child since "
                          "fork(2), so that the kernel must copy it; one sample is 64 pages",
              .not_timed = "the fork, the child's end",
              .from = Edge::kCall,
              .to = Edge::kParentReturn,
              .tags = Tag::kCore,
              .operations = kBatch,
              .children = 1,
              .faults = {1, 2},
              .run = Repeat<CopyAfterFork, NeedArea>},
    Benchmark{.name = "fault/kind:cow_reuse",
              .measures =
                  "a parent's write to a page that it shared with a child of fork(2) that "
                  "has ended, so that only the parent owns the page; one sample is 64 pages",
              .not_timed = "the fork, the child's end",
              .from = Edge::kCall,
              .to = Edge::kParentReturn,
              .tags = Tag::kCore,
              .operations = kBatch,
              .children = 1,
              .faults = {1, 2},
              .run = Repeat<ReuseAfterFork, NeedArea>});

}  // namespace
}  // namespace procmark::subject
