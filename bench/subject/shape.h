// The subject's shape: takes on what slice.h's Shape asks for, and proves that it has it.
#pragma once

#include "bench/subject/context.h"

namespace procmark::subject {

// Each part is verified from /proc (or by the kernel's own answer) after it was taken; one that the
// kernel or the machine cannot give ends the subject as a Skip with the reason, one that turns out
// to be another than asked for as Refused. With pid namespaces it returns in another process than
// it was called in: the caller's ends when that one has. Nothing is given back before the subject's
// end.
void TakeShape(Context& context, const Shape& shape);

// Skips unless /proc/meminfo's MemAvailable, and the memory limit of each cgroup above the subject,
// leave 64 MiB and an eighth more than `bytes`, so that the OOM killer does not find out. Where
// there is no /proc, skips. 0 asks for nothing.
void NeedMemory(const Context& context, uint64_t bytes);

// What a shape needs of that, about: its memory but for hugetlb's, which its pool gives, and what
// the kernel keeps for its mappings, descriptors, threads and zombies.
uint64_t BytesOf(const Shape& shape);

// Raises RLIMIT_NOFILE for so many descriptors more, or skips.
void NeedDescriptors(const Context& context, uint32_t count);

// A new private anonymous mapping of small pages, not touched; skips when there is none to be had.
char* MapSmall(const Context& context, unsigned long bytes);

// One of transparent huge pages: aligned, a multiple of their size, not touched. Skips where they
// are switched off or `bytes` is no multiple. huge_bytes becomes their size; `bytes` 0 asks for it
// only.
char* MapTransparentHuge(const Context& context, unsigned long bytes, unsigned long* huge_bytes);

// One of the hugetlb pool, not touched; skips when the pool has not enough free pages.
// `huge_bytes` becomes the pages' size; `bytes` 0 asks for it only.
char* MapHugetlb(const Context& context, unsigned long bytes, unsigned long* huge_bytes);

// One of multi-size transparent huge pages of `page_bytes` each (Linux 6.8), not touched; skips
// where that size is switched off. `allocated` becomes how many of them the kernel has given to
// anybody so far: the caller compares it with MultiSizeAllocated after touching.
char* MapMultiSize(const Context& context, unsigned long bytes, unsigned long page_bytes,
                   int64_t* allocated);
int64_t MultiSizeAllocated(const Context& context, unsigned long page_bytes);

// A readable and writable mapping, MAP_PRIVATE or MAP_SHARED, of a new memfd whose pages are all in
// the page cache; none of them is mapped yet. Skips when there is none to be had.
char* MapFilled(const Context& context, unsigned long bytes, int mapping);

// Writes one byte to each page of the area.
void WriteEachPage(char* area, unsigned long bytes, unsigned long page_bytes);

}  // namespace procmark::subject
