// Page faults beyond cow.cc's three: the zero page, files, huge pages, and the child's side.
#include <linux/mman.h>

#include "bench/subject/pages.h"
#include "bench/subject/shape.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

// A page fault on a file maps up to this much around it (mm/memory.c, fault_around_bytes).
constexpr unsigned long kAroundBytes = 64 * 1024;

void Drop(const Context& context) {
  const long dropped = RawSyscall(__NR_madvise, RawArg(context.area),
                                  static_cast<long>(context.area_bytes), MADV_DONTNEED);
  if (dropped != 0) context.Refuse("the pages could not be dropped: errno", -dropped);
}

void ReadPages(const Context& context) {
  const volatile char* page = static_cast<const char*>(context.area);
  for (int64_t i = 0; i < kBatch; ++i, page += context.page_bytes) (void)*page;
}

// ---- anonymous memory

void NeedAnonymous(Context& context) {
  context.area_bytes = context.page_bytes * kBatch;
  context.area = MapSmall(context, context.area_bytes);
  WriteEachPage(static_cast<char*>(context.area), context.area_bytes, context.page_bytes);
}

// Some kernels map a page of the task's own at the first read already (mm_forbids_zeropage(), or
// their makers' choice): no later write faults there.
void NeedZeroPage(Context& context) {
  NeedAnonymous(context);
  Drop(context);
  ReadPages(context);
  const int64_t before = MinorFaults();
  WriteEachPage(static_cast<char*>(context.area), context.area_bytes, context.page_bytes);
  if (MinorFaults() - before < kBatch / 2)
    context.Skip("a first read maps a page of the task's own here, not the zero page");
}

int64_t ZeroRead(Context& context) {
  Drop(context);
  return TouchPages<Access::kRead>(context, context.page_bytes);
}

int64_t ZeroWrite(Context& context) {
  Drop(context);
  ReadPages(context);
  return WritePages(context);
}

constexpr long kPopulateWrite = 23;  // MADV_POPULATE_WRITE

void NeedPopulate(Context& context) {
  NeedAnonymous(context);
  const long done = RawSyscall(__NR_madvise, RawArg(context.area),
                               static_cast<long>(context.area_bytes), kPopulateWrite);
  if (done != 0) context.Skip("MADV_POPULATE_WRITE is not to be had (since Linux 5.14)", -done);
}

// Afterwards no page may fault any more.
int64_t Populate(Context& context) {
  Drop(context);
  const int64_t start = context.Now();
  const long done = RawSyscall(__NR_madvise, RawArg(context.area),
                               static_cast<long>(context.area_bytes), kPopulateWrite);
  const int64_t length = context.Length(start);
  if (done != 0) context.Refuse("MADV_POPULATE_WRITE failed: errno", -done);
  const int64_t before = MinorFaults();
  WriteEachPage(static_cast<char*>(context.area), context.area_bytes, context.page_bytes);
  CheckFaults(context, MinorFaults() - before, 0);
  return length;
}

// ---- the child's side

// The child writes to the pages that it shares with its parent, and leaves the length in the shared
// page, whose own fault it takes before.
int64_t ChildCopy(Context& context) {
  context.pages->stamp = -1;
  const long pid = sys::RawFork();
  if (pid == 0) {
    context.pages->stamp = -1;
    context.pages->stamp = WritePages(context);
    ExitChild();
  }
  ReapChild(context, pid);
  return context.pages->stamp;
}

constexpr unsigned long kTouchedPages = 4096;

void NeedTouched(Context& context) {
  context.area_bytes = context.page_bytes * kTouchedPages;
  NeedMemory(context, 2 * context.area_bytes);
  context.area = MapSmall(context, context.area_bytes);
  WriteEachPage(static_cast<char*>(context.area), context.area_bytes, context.page_bytes);
}

// Every kStride-th page.
template <unsigned long kStride>
int64_t ChildTouch(Context& context) {
  context.status = -1;
  const int64_t start = context.Now();
  const long pid = sys::RawFork();
  if (pid == 0) {
    WriteEachPage(static_cast<char*>(context.area), context.area_bytes,
                  context.page_bytes * kStride);
    ExitChild();
  }
  const long reaped = pid > 0 ? RawSyscall(__NR_wait4, pid, RawArg(&context.status), 0, 0) : pid;
  const int64_t length = context.Length(start);
  context.CheckChild(pid, reaped);
  return length;
}

template <unsigned long kStride>
constexpr FaultRange kTouchFaults = {(kTouchedPages + kStride - 1) / kStride,
                                     (kTouchedPages + kStride - 1) / kStride + 64};

// ---- files

// context.area: a mapping of a memfd whose pages are all in the page cache.
void NeedFile(Context& context, int mapping, unsigned long bytes) {
  context.area = MapFilled(context, bytes, mapping);
  context.area_bytes = bytes;
}
void NeedPrivateFile(Context& context) {
  NeedFile(context, MAP_PRIVATE, context.page_bytes * kBatch);
}
void NeedSharedFile(Context& context) {
  NeedFile(context, MAP_SHARED, context.page_bytes * kBatch);
}
void NeedWideFile(Context& context) {
  if (context.page_bytes >= kAroundBytes)
    context.Skip("a page is as large as what is mapped around");
  NeedFile(context, MAP_PRIVATE, kAroundBytes * kBatch);
}

int64_t FileRead(Context& context) {
  Drop(context);
  return TouchPages<Access::kRead>(context, kAroundBytes);
}

int64_t FileWrite(Context& context) {
  Drop(context);
  return WritePages(context);
}

int64_t FileWriteAfterRead(Context& context) {
  Drop(context);
  ReadPages(context);
  return WritePages(context);
}

// ---- huge pages: one sample is one page

void NeedTransparentHuge(Context& context) {
  constexpr unsigned long kMost = 32UL << 20;
  unsigned long bytes = 0;
  MapTransparentHuge(context, 0, &bytes);  // asks for the size
  if (bytes > kMost)
    context.SkipAt("a transparent huge page is as large as", static_cast<int64_t>(bytes));
  NeedMemory(context, 4 * bytes);
  context.area = MapTransparentHuge(context, bytes, &bytes);
  context.area_bytes = bytes;
  context.splits_counted = true;
  const int64_t before = MinorFaults();
  WriteEachPage(static_cast<char*>(context.area), bytes, context.page_bytes);
  if (MinorFaults() - before > 2) context.Skip("the kernel gave no transparent huge page");
}

// A page of 2^kShift bytes.
template <unsigned kShift>
void NeedMultiSize(Context& context) {
  int64_t before = 0;
  context.area_bytes = 1UL << kShift;
  context.area = MapMultiSize(context, context.area_bytes, context.area_bytes, &before);
  *static_cast<volatile char*>(context.area) = 1;
  if (MultiSizeAllocated(context, context.area_bytes) <= before)
    context.Skip("the kernel gave no huge page of that size");
}

void NeedHugetlb(Context& context) {
  unsigned long bytes = 0;
  MapHugetlb(context, 0, &bytes);  // asks for the size
  // A second one for the copy: it is given back at once, and only its presence matters.
  char* const two = MapHugetlb(context, 2 * bytes, &bytes);
  RawSyscall(__NR_munmap, RawArg(two), static_cast<long>(2 * bytes));
  context.area = MapHugetlb(context, bytes, &bytes);
  context.area_bytes = bytes;
  WriteEachPage(static_cast<char*>(context.area), bytes, context.page_bytes);
}

// One write; the last byte of the page, written untimed, must not fault if the page was huge.
[[gnu::always_inline]] inline int64_t WriteHuge(Context& context, bool whole) {
  volatile char* const page = static_cast<char*>(context.area);
  const int64_t before = MinorFaults();
  const int64_t start = context.Now();
  *page = 1;
  const int64_t length = context.Length(start);
  if (whole) page[context.area_bytes - 1] = 1;
  CheckFaults(context, MinorFaults() - before, 1);
  return length;
}

int64_t HugeFirstTouch(Context& context) {
  Drop(context);
  return WriteHuge(context, true);
}

// A kernel may copy the whole page or split it and copy a small one (since Linux 5.8): thp_splits
// tells which.
int64_t HugeCopy(Context& context) {
  Drop(context);
  WriteHuge(context, true);
  Sharer sharer(context);
  const int64_t length = WriteHuge(context, false);
  sharer.End(context);
  return length;
}

// A multi-size page is taken over small page by small page.
template <bool kWhole>
int64_t HugeReuse(Context& context) {
  Drop(context);
  WriteHuge(context, true);
  const long pid = sys::RawFork();
  if (pid == 0) ExitChild();
  ReapChild(context, pid);
  return WriteHuge(context, kWhole);
}

constexpr FaultRange kOne = {1, 2};
constexpr FaultRange kFew = {0, 4};

#define PROCMARK_FAULT(kind, sentence, batch, children, faults, prepare, sample)                 \
  {                                                                                              \
    "fault/kind:" kind, sentence, "fault", Edge::kCall, Edge::kParentReturn, "raw", "fault", "", \
        batch, children, faults, prepare, Repeat<sample>                                         \
  }
#define PROCMARK_TOUCH(percent, stride)                                                        \
  {                                                                                            \
    "fault/kind:child_touch/percent:" #percent "/to:reaped",                                   \
        "Measures fork(2) of a parent with 4096 pages of private memory, of which the child "  \
        "writes " #percent                                                                     \
        " % (so that they are copied) before it exits, from the call until it is reaped. Not " \
        "timed: the check of its status.",                                                     \
        "fault", Edge::kCall, Edge::kReaped, "raw", "fault", "", 1, 1, kTouchFaults<stride>,   \
        NeedTouched, Repeat<ChildTouch<stride>>                                                \
  }

PROCMARK_BENCHMARKS kFault[] = {
    PROCMARK_FAULT("zero_read",
                   "Measures the first read of a page of private anonymous memory, which maps the "
                   "zero page; one sample is 64 pages. Not timed: dropping them.",
                   kBatch, 0, kOne, NeedZeroPage, ZeroRead),
    PROCMARK_FAULT("zero_write",
                   "Measures the first write to a page that was read before, so that a fresh page "
                   "takes the zero page's place; one sample is 64 pages. Not timed: the reading.",
                   kBatch, 0, (FaultRange{2, 3}), NeedZeroPage, ZeroWrite),
    PROCMARK_FAULT("populate_write",
                   "Measures madvise(MADV_POPULATE_WRITE) of 64 dropped pages, per page: what they "
                   "cost without an exception each. Not timed: dropping them.",
                   kBatch, 0, (FaultRange{0, 2}), NeedPopulate, Populate),
    PROCMARK_FAULT("child_copy",
                   "Measures a child's write to a page that it shares with its parent since "
                   "fork(2), so that it must be copied; one sample is 64 pages. Not timed: the "
                   "fork, the child's end.",
                   kBatch, 1, kOne, NeedAnonymous, ChildCopy),
    PROCMARK_FAULT("file_read",
                   "Measures the first read of a page of a private file mapping, which maps all "
                   "pages of the 64 KiB around it; one sample is 64 such faults. Not timed: "
                   "dropping the mapping's pages.",
                   kBatch, 0, kOne, NeedWideFile, FileRead),
    PROCMARK_FAULT("file_cow",
                   "Measures the first write to a page of a private file mapping that was not read "
                   "before, a copy of the page cache's; one sample is 64 pages. Not timed: "
                   "dropping them.",
                   kBatch, 0, kOne, NeedPrivateFile, FileWrite),
    PROCMARK_FAULT("file_cow_after_read",
                   "Measures the first write to a page of a private file mapping that was read "
                   "before, a copy of the page cache's; one sample is 64 pages. Not timed: the "
                   "reading.",
                   kBatch, 0, (FaultRange{1, 3}), NeedPrivateFile, FileWriteAfterRead),
    PROCMARK_FAULT("shared_write",
                   "Measures the first write to a page of a shared file mapping whose page is in "
                   "the page cache; one sample is 64 pages. Not timed: dropping the mapping's "
                   "pages.",
                   kBatch, 0, kOne, NeedSharedFile, FileWrite),
    PROCMARK_FAULT("first_touch/size:thp",
                   "Measures the first write to a transparent huge page of private memory. Not "
                   "timed: dropping it.",
                   1, 0, kFew, NeedTransparentHuge, HugeFirstTouch),
    PROCMARK_FAULT("cow_copy/size:thp",
                   "Measures a parent's write to a transparent huge page that a living child "
                   "shares since fork(2); the kernel copies it or splits it first. Not timed: the "
                   "fork, the child's end.",
                   1, 1, (FaultRange{2, 16}), NeedTransparentHuge, HugeCopy),
    PROCMARK_FAULT("cow_reuse/size:thp",
                   "Measures a parent's write to a transparent huge page that it shared with a "
                   "child that is gone. Not timed: the fork, the child's end.",
                   1, 1, (FaultRange{2, 16}), NeedTransparentHuge, HugeReuse<true>),
    PROCMARK_FAULT("first_touch/size:16K",
                   "Measures the first write to a multi-size huge page of 16 KiB. Not timed: "
                   "dropping it.",
                   1, 0, kFew, NeedMultiSize<14>, HugeFirstTouch),
    PROCMARK_FAULT("first_touch/size:64K",
                   "Measures the first write to a multi-size huge page of 64 KiB. Not timed: "
                   "dropping it.",
                   1, 0, kFew, NeedMultiSize<16>, HugeFirstTouch),
    PROCMARK_FAULT("first_touch/size:hugetlb",
                   "Measures the first write to a page of the hugetlb pool. Not timed: dropping "
                   "it.",
                   1, 0, kFew, NeedHugetlb, HugeFirstTouch),
    PROCMARK_FAULT("cow_copy/size:hugetlb",
                   "Measures a parent's write to a page of the hugetlb pool that a living child "
                   "shares since fork(2), so that it must be copied. Not timed: the fork, the "
                   "child's end.",
                   1, 1, (FaultRange{2, 16}), NeedHugetlb, HugeCopy),
    PROCMARK_FAULT("cow_reuse/size:hugetlb",
                   "Measures a parent's write to a page of the hugetlb pool that it shared with a "
                   "child that is gone. Not timed: the fork, the child's end.",
                   1, 1, (FaultRange{2, 16}), NeedHugetlb, HugeReuse<true>),
    PROCMARK_FAULT("cow_copy/size:64K",
                   "Measures a parent's write to one small page of a multi-size huge page of 64 "
                   "KiB that a living child shares since fork(2). Not timed: the fork, the child's "
                   "end.",
                   1, 1, (FaultRange{2, 32}), NeedMultiSize<16>, HugeCopy),
    PROCMARK_FAULT("cow_reuse/size:64K",
                   "Measures a parent's write to one small page of a multi-size huge page of 64 "
                   "KiB that it shared with a child that is gone. Not timed: the fork, the child's "
                   "end.",
                   1, 1, (FaultRange{2, 32}), NeedMultiSize<16>, HugeReuse<false>),
    PROCMARK_TOUCH(1, 100),
    PROCMARK_TOUCH(10, 10),
    PROCMARK_TOUCH(100, 1)};

}  // namespace
}  // namespace procmark::subject
