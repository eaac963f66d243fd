// SPDX-License-Identifier: MIT
// Page faults beyond those of cow.cc: the zero page, files, huge pages, and a child's faults.
#include <linux/mman.h>

#include "bench/subject/memory.h"
#include "bench/subject/pages.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

// A page fault on a file maps up to this much around the page (mm/memory.c, fault_around_bytes).
constexpr unsigned long kAroundBytes = 64 * 1024;

void Drop(const Context& context, const Area& area) {
  const long dropped =
      RawSyscall(__NR_madvise, RawArg(area.bytes), static_cast<long>(area.size), MADV_DONTNEED);
  if (dropped != 0) context.Refuse("the pages could not be dropped: errno", -dropped);
}

void ReadPages(const Context& context, const Area& area) {
  const volatile char* page = area.bytes;
  for (int64_t i = 0; i < kBatch; ++i, page += context.page_bytes) (void)*page;
}

// ---- anonymous memory

void NeedAnonymous(Context& context, Area& area) {
  area.size = context.page_bytes * kBatch;
  area.bytes = MapSmall(context, area.size);
  WriteEachPage(area.bytes, area.size, context.page_bytes);
}

// Some kernels map a new page at the first read already, instead of the zero page
// (mm_forbids_zeropage(), or a change of their distributor). No later write faults there.
void NeedZeroPage(Context& context, Area& area) {
  NeedAnonymous(context, area);
  Drop(context, area);
  ReadPages(context, area);
  const int64_t before = MinorFaults();
  WriteEachPage(area.bytes, area.size, context.page_bytes);
  if (MinorFaults() - before < kBatch / 2)
    context.Skip("this kernel maps a new page at the first read, not the zero page");
}

int64_t ZeroRead(Context& context, const Area& area) {
  Drop(context, area);
  return TouchPages<Access::kRead>(context, area, context.page_bytes);
}

int64_t ZeroWrite(Context& context, const Area& area) {
  Drop(context, area);
  ReadPages(context, area);
  return WritePages(context, area);
}

constexpr long kPopulateWrite = 23;  // MADV_POPULATE_WRITE

void NeedPopulate(Context& context, Area& area) {
  NeedAnonymous(context, area);
  const long done =
      RawSyscall(__NR_madvise, RawArg(area.bytes), static_cast<long>(area.size), kPopulateWrite);
  if (done != 0) context.Skip("this kernel has no MADV_POPULATE_WRITE (since Linux 5.14)", -done);
}

// Checks that no page faults afterwards.
int64_t Populate(Context& context, const Area& area) {
  Drop(context, area);
  const int64_t start = context.Now();
  const long done =
      RawSyscall(__NR_madvise, RawArg(area.bytes), static_cast<long>(area.size), kPopulateWrite);
  const int64_t length = context.Length(start);
  if (done != 0) context.Refuse("MADV_POPULATE_WRITE failed: errno", -done);
  const int64_t before = MinorFaults();
  WriteEachPage(area.bytes, area.size, context.page_bytes);
  CheckFaults(context, MinorFaults() - before, 0);
  return length;
}

// ---- a child's faults

// The child writes to the pages that it shares with its parent and stores the length in the shared
// page. It takes that page's own fault before.
int64_t ChildCopy(Context& context, const Area& area) {
  context.pages->stamp = -1;
  const long pid = sys::RawFork();
  if (pid == 0) {
    context.pages->stamp = -1;
    context.pages->stamp = WritePages(context, area);
    ExitChild();
  }
  ReapChild(context, pid);
  return context.pages->stamp;
}

constexpr unsigned long kTouchedPages = 4096;

void NeedTouched(Context& context, Area& area) {
  area.size = context.page_bytes * kTouchedPages;
  NeedMemory(context, 2 * area.size);
  area.bytes = MapSmall(context, area.size);
  WriteEachPage(area.bytes, area.size, context.page_bytes);
}

// The child touches every kStride-th page.
template <unsigned long kStride>
int64_t ChildTouch(Context& context, const Area& area) {
  context.status = -1;
  const int64_t start = context.Now();
  const long pid = sys::RawFork();
  if (pid == 0) {
    WriteEachPage(area.bytes, area.size, context.page_bytes * kStride);
    ExitChild();
  }
  const long reaped = pid > 0 ? RawSyscall(__NR_wait4, pid, RawArg(&context.status), 0, 0) : pid;
  const int64_t length = context.Length(start);
  context.CheckChild(pid, reaped);
  return length;
}

// ---- files

// Maps a memfd whose pages are all in the page cache.
void NeedPrivateFile(Context& context, Area& area) {
  area.size = context.page_bytes * kBatch;
  area.bytes = MapFilled(context, area.size, MAP_PRIVATE);
}
void NeedSharedFile(Context& context, Area& area) {
  area.size = context.page_bytes * kBatch;
  area.bytes = MapFilled(context, area.size, MAP_SHARED);
}
void NeedWideFile(Context& context, Area& area) {
  if (context.page_bytes >= kAroundBytes)
    context.Skip("one page is as large as what a fault maps around it");
  area.size = kAroundBytes * kBatch;
  area.bytes = MapFilled(context, area.size, MAP_PRIVATE);
}

int64_t FileRead(Context& context, const Area& area) {
  Drop(context, area);
  return TouchPages<Access::kRead>(context, area, kAroundBytes);
}

int64_t FileWrite(Context& context, const Area& area) {
  Drop(context, area);
  return WritePages(context, area);
}

int64_t FileWriteAfterRead(Context& context, const Area& area) {
  Drop(context, area);
  ReadPages(context, area);
  return WritePages(context, area);
}

// ---- huge pages: one sample is one page

void NeedTransparentHuge(Context& context, Area& area) {
  constexpr unsigned long kMost = 32UL << 20;
  unsigned long bytes = 0;
  MapTransparentHuge(context, 0, &bytes);  // asks for the size
  if (bytes > kMost)
    context.SkipAt("a transparent huge page is too large here: bytes", static_cast<int64_t>(bytes));
  NeedMemory(context, 4 * bytes);
  area.bytes = MapTransparentHuge(context, bytes, &bytes);
  area.size = bytes;
  context.splits_counted = true;
  const int64_t before = MinorFaults();
  WriteEachPage(area.bytes, bytes, context.page_bytes);
  if (MinorFaults() - before > 2) context.Skip("the kernel gave no transparent huge page");
}

// A page of 2^kShift bytes.
template <unsigned kShift>
void NeedMultiSize(Context& context, Area& area) {
  int64_t before = 0;
  area.size = 1UL << kShift;
  area.bytes = MapMultiSize(context, area.size, area.size, &before);
  *static_cast<volatile char*>(area.bytes) = 1;
  if (MultiSizeAllocated(context, area.size) <= before)
    context.Skip("the kernel gave no huge page of that size");
}

void NeedHugetlb(Context& context, Area& area) {
  unsigned long bytes = 0;
  MapHugetlb(context, 0, &bytes);  // asks for the size
  // The copy will need a second page. This checks that the pool has it.
  char* const two = MapHugetlb(context, 2 * bytes, &bytes);
  RawSyscall(__NR_munmap, RawArg(two), static_cast<long>(2 * bytes));
  area.bytes = MapHugetlb(context, bytes, &bytes);
  area.size = bytes;
  WriteEachPage(area.bytes, bytes, context.page_bytes);
}

// Times one write. An untimed write to the page's last byte must not fault if the page is huge
// (`whole`).
[[gnu::always_inline]] inline int64_t WriteHuge(Context& context, const Area& area, bool whole) {
  volatile char* const page = area.bytes;
  const int64_t before = MinorFaults();
  const int64_t start = context.Now();
  *page = 1;
  const int64_t length = context.Length(start);
  if (whole) page[area.size - 1] = 1;
  CheckFaults(context, MinorFaults() - before, 1);
  return length;
}

int64_t HugeFirstTouch(Context& context, const Area& area) {
  Drop(context, area);
  return WriteHuge(context, area, true);
}

// A kernel may copy the whole page, or split it and copy a small one (since Linux 5.8). The count
// thp_splits tells which.
int64_t HugeCopy(Context& context, const Area& area) {
  Drop(context, area);
  WriteHuge(context, area, true);
  Sharer sharer(context);
  const int64_t length = WriteHuge(context, area, false);
  sharer.End(context);
  return length;
}

// The kernel reuses a multi-size page small page by small page: there kWhole is false.
template <bool kWhole>
int64_t HugeReuse(Context& context, const Area& area) {
  Drop(context, area);
  WriteHuge(context, area, true);
  const long pid = sys::RawFork();
  if (pid == 0) ExitChild();
  ReapChild(context, pid);
  return WriteHuge(context, area, kWhole);
}

// ---- the benchmarks

constexpr FaultRange kOne = {1, 2};
constexpr FaultRange kFew = {0, 4};

struct Fields {
  const char* not_timed;
  int64_t operations = 1;
  int64_t children = 0;
  FaultRange faults;
};

template <Literal kKind>
consteval Benchmark Fault(const char* measures, Run run, Fields fields) {
  return {.name = Join<"fault/kind:", kKind>,
          .measures = measures,
          .not_timed = fields.not_timed,
          .from = Edge::kCall,
          .to = Edge::kParentReturn,
          .operations = fields.operations,
          .children = fields.children,
          .faults = fields.faults,
          .run = run};
}

constexpr Fields kDropped = {"dropping it", 1, 0, kFew};
constexpr Fields kShared = {"the fork, the child's end", 1, 1, {2, 16}};
constexpr Fields kSharedMultiSize = {"the fork, the child's end", 1, 1, {2, 32}};

template <Literal kPercent, unsigned long kStride>
consteval Benchmark Touch() {
  constexpr int64_t kTouched = (kTouchedPages + kStride - 1) / kStride;
  return {.name = Join<"fault/kind:child_touch/percent:", kPercent, "/to:reaped">,
          .measures = Join<"fork(2) of a parent with 4096 pages of private memory, of which the "
                           "child writes ",
                           kPercent,
                           " % (so that they are copied) before it exits, from the call until it "
                           "is reaped">,
          .not_timed = "the check of its status",
          .from = Edge::kCall,
          .to = Edge::kReaped,
          .children = 1,
          .faults = {kTouched, kTouched + 64},
          .run = Repeat<ChildTouch<kStride>, NeedTouched>};
}

PROCMARK_BENCHMARKS kFault = List(
    Fault<"zero_read">("the first read of a page of private anonymous memory, which maps the zero "
                       "page; one sample is 64 pages",
                       Repeat<ZeroRead, NeedZeroPage>, {"dropping them", kBatch, 0, kOne}),
    Fault<"zero_write">("the first write to a page that was read before, so that a new page "
                        "replaces the zero page; one sample is 64 pages",
                        Repeat<ZeroWrite, NeedZeroPage>, {"the reading", kBatch, 0, {2, 3}}),
    Fault<"populate_write">("madvise(MADV_POPULATE_WRITE) of 64 dropped pages, per page: their "
                            "faults without an exception each",
                            Repeat<Populate, NeedPopulate>, {"dropping them", kBatch, 0, {0, 2}}),
    Fault<"child_copy">("a child's write to a page that it shares with its parent since fork(2), "
                        "so that the kernel must copy it; one sample is 64 pages",
                        Repeat<ChildCopy, NeedAnonymous>,
                        {"the fork, the child's end", kBatch, 1, kOne}),
    Fault<"file_read">("the first read of a page of a private file mapping, which maps all pages "
                       "of the 64 KiB around it; one sample is 64 such faults",
                       Repeat<FileRead, NeedWideFile>,
                       {"dropping the mapping's pages", kBatch, 0, kOne}),
    Fault<"file_cow">("the first write to a page of a private file mapping that was not read "
                      "before, which copies the page cache's page; one sample is 64 pages",
                      Repeat<FileWrite, NeedPrivateFile>, {"dropping them", kBatch, 0, kOne}),
    Fault<"file_cow_after_read">(
        "the first write to a page of a private file mapping that was read before, which copies "
        "the page cache's page; one sample is 64 pages",
        Repeat<FileWriteAfterRead, NeedPrivateFile>, {"the reading", kBatch, 0, {1, 3}}),
    Fault<"shared_write">("the first write to a page of a shared file mapping whose page is in the "
                          "page cache; one sample is 64 pages",
                          Repeat<FileWrite, NeedSharedFile>,
                          {"dropping the mapping's pages", kBatch, 0, kOne}),
    Fault<"first_touch/size:thp">("the first write to a transparent huge page of private memory",
                                  Repeat<HugeFirstTouch, NeedTransparentHuge>, kDropped),
    Fault<"cow_copy/size:thp">(
        "a parent's write to a transparent huge page that it shares with a "
        "living child since fork(2); the kernel copies it or splits it first",
        Repeat<HugeCopy, NeedTransparentHuge>, kShared),
    Fault<"cow_reuse/size:thp">("a parent's write to a transparent huge page that it shared with a "
                                "child that has ended",
                                Repeat<HugeReuse<true>, NeedTransparentHuge>, kShared),
    Fault<"first_touch/size:16K">("the first write to a multi-size huge page of 16 KiB",
                                  Repeat<HugeFirstTouch, NeedMultiSize<14>>, kDropped),
    Fault<"first_touch/size:64K">("the first write to a multi-size huge page of 64 KiB",
                                  Repeat<HugeFirstTouch, NeedMultiSize<16>>, kDropped),
    Fault<"first_touch/size:hugetlb">("the first write to a page of the hugetlb pool",
                                      Repeat<HugeFirstTouch, NeedHugetlb>, kDropped),
    Fault<"cow_copy/size:hugetlb">("a parent's write to a page of the hugetlb pool that it shares "
                                   "with a living child since fork(2), so that the kernel must "
                                   "copy it",
                                   Repeat<HugeCopy, NeedHugetlb>, kShared),
    Fault<"cow_reuse/size:hugetlb">("a parent's write to a page of the hugetlb pool that it shared "
                                    "with a child that has ended",
                                    Repeat<HugeReuse<true>, NeedHugetlb>, kShared),
    Fault<"cow_copy/size:64K">("a parent's write to one small page of a multi-size huge page of 64 "
                               "KiB that it shares with a living child since fork(2)",
                               Repeat<HugeCopy, NeedMultiSize<16>>, kSharedMultiSize),
    Fault<"cow_reuse/size:64K">(
        "a parent's write to one small page of a multi-size huge page of 64 "
        "KiB that it shared with a child that has ended",
        Repeat<HugeReuse<false>, NeedMultiSize<16>>, kSharedMultiSize),
    Touch<"1", 100>(), Touch<"10", 10>(), Touch<"100", 1>());

}  // namespace
}  // namespace procmark::subject
