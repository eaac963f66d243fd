// SPDX-License-Identifier: MIT
// Memory for measuring: checked for, mapped, touched.
#pragma once

#include "bench/subject/context.h"

namespace procmark::subject {

// Skips unless MemAvailable of /proc/meminfo, and the memory limit of each cgroup above the
// subject, leave 64 MiB and an eighth more than `bytes`. So the OOM killer has no reason to act.
// Skips without /proc. 0 needs nothing.
void NeedMemory(const Context& context, uint64_t bytes);

// Maps private anonymous memory in small pages and does not touch it. Skips if that fails.
char* MapSmall(const Context& context, unsigned long bytes);

// Maps memory in transparent huge pages, aligned to their size, and does not touch it. Stores their
// size in `huge_bytes`; `bytes` 0 only asks for that. Skips if they are switched off or if `bytes`
// is no multiple of their size.
char* MapTransparentHuge(const Context& context, unsigned long bytes, unsigned long* huge_bytes);

// The same with pages of the hugetlb pool. Skips if the pool has too few free pages.
char* MapHugetlb(const Context& context, unsigned long bytes, unsigned long* huge_bytes);

// The same with multi-size huge pages of `page_bytes` each (Linux 6.8). Skips if that size is
// switched off. Stores in `allocated` how many of them the kernel has given to anybody so far.
// Compare that with MultiSizeAllocated() after touching the memory.
char* MapMultiSize(const Context& context, unsigned long bytes, unsigned long page_bytes,
                   int64_t* allocated);
int64_t MultiSizeAllocated(const Context& context, unsigned long page_bytes);

// Maps a new memfd, readable and writable, as MAP_PRIVATE or MAP_SHARED. All its pages are in the
// page cache; none is mapped yet. Skips if that fails.
char* MapFilled(const Context& context, unsigned long bytes, int mapping);

// Writes one byte to each page of the area.
void WriteEachPage(char* area, unsigned long bytes, unsigned long page_bytes);

// Maps a page for one zero-initialised object. Do not move such an object into the benchmark's
// state, or out of it: with one mapping more or less, forks, exits and mappings cost something
// else, and stored results could not be compared with new ones.
template <typename T>
T* MapObject(const Context& context) {
  if (sizeof(T) > context.page_bytes) context.Refuse("an object is larger than a page:", sizeof(T));
  return reinterpret_cast<T*>(MapSmall(context, context.page_bytes));
}

// Memory that a thread or a child uses as its stack. It grows down from `top`.
struct Stack {
  char* top;
};

// Maps a stack of small pages and writes to each page.
inline Stack MapStack(const Context& context, unsigned long bytes) {
  char* const area = MapSmall(context, bytes);
  WriteEachPage(area, bytes, context.page_bytes);
  return {area + bytes};
}

}  // namespace procmark::subject
