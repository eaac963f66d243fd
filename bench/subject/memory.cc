// SPDX-License-Identifier: MIT
#include "bench/subject/memory.h"

#include <linux/mman.h>

#include "bench/subject/proc_file.h"
#include "bench/subject/text.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

constexpr int kReadWrite = PROT_READ | PROT_WRITE;
constexpr const char* kMeminfo = "/proc/meminfo";
constexpr uint32_t kPathBytes = 512;

int64_t Meminfo(const Context& context, const char* label) {
  return NumberAfter(kMeminfo, label, context.pages->list, kScratchBytes);
}

char* Map(const Context& context, unsigned long bytes, int more_flags) {
  const long area =
      sys::RawMmap(nullptr, bytes, kReadWrite, MAP_PRIVATE | MAP_ANONYMOUS | more_flags, -1);
  if (sys::RawFailed(area)) context.Skip("memory could not be mapped", -area);
  return reinterpret_cast<char*>(area);
}

// The number after `label` in a file of the cgroup whose directory is `cgroup`.
int64_t CgroupNumber(const Context& context, const char* cgroup, const char* file,
                     const char* label) {
  char path[kPathBytes];
  Text(path, sizeof path).Add(cgroup).Add("/").Add(file);
  return NumberAfter(path, label, context.pages->list, kScratchBytes);
}

// The files of one cgroup version (cgroups(7)). NumberAfter() reads the word "max" as 0.
struct CgroupFiles {
  const char* root;
  const char* controller;  // in /proc/self/cgroup, between two colons
  const char* limit;
  const char* usage;
  const char* reclaimable;  // of memory.stat
};

// How many bytes the cgroups between the subject and the root leave it; -1: they set no limit.
int64_t CgroupRoom(const Context& context, const CgroupFiles& files) {
  char cgroup[kPathBytes];
  Text path(cgroup, sizeof cgroup);
  path.Add(files.root);
  const uint32_t root_size = path.Size();
  char label[32];
  Text(label, sizeof label).Add(":").Add(files.controller).Add(":");
  const char* const own = TextAfter("/proc/self/cgroup", label, context.pages->list, kScratchBytes);
  if (own == nullptr) return -1;
  path.Add(own);
  int64_t room = -1;
  for (uint32_t end = path.Size(); end >= root_size; --end) {
    if (cgroup[end] != '/' && cgroup[end] != '\0') continue;
    cgroup[end] = '\0';
    const int64_t limit = CgroupNumber(context, cgroup, files.limit, "");
    if (limit <= 0) continue;
    const int64_t usage = CgroupNumber(context, cgroup, files.usage, "");
    const int64_t reclaimable = CgroupNumber(context, cgroup, "memory.stat", files.reclaimable);
    const int64_t left = limit - usage + (reclaimable > 0 ? reclaimable : 0);
    if (room < 0 || left < room) room = left > 0 ? left : 0;
  }
  return room;
}

}  // namespace

void NeedMemory(const Context& context, uint64_t bytes) {
  constexpr uint64_t kLeftOver = 64ULL << 20;
  constexpr unsigned kEighth = 3;
  constexpr unsigned kToKib = 10;
  constexpr CgroupFiles kVersions[] = {
      {"/sys/fs/cgroup", "", "memory.max", "memory.current", "inactive_file"},
      {"/sys/fs/cgroup/unified", "", "memory.max", "memory.current", "inactive_file"},
      {"/sys/fs/cgroup/memory", "memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
       "total_inactive_file"}};
  if (bytes == 0) return;
  const int64_t available_kib = Meminfo(context, "MemAvailable:");
  if (available_kib < 0) context.Skip("/proc/meminfo does not tell how much memory is available");
  const uint64_t needed = bytes + (bytes >> kEighth) + kLeftOver;
  if (static_cast<uint64_t>(available_kib) < needed >> kToKib)
    context.SkipAt("less memory is available here than is needed: MiB",
                   static_cast<int64_t>(needed >> 20));
  for (const CgroupFiles& files : kVersions) {
    const int64_t room = CgroupRoom(context, files);
    if (room >= 0 && static_cast<uint64_t>(room) < needed)
      context.SkipAt("the memory limit of a cgroup leaves less than is needed: MiB",
                     static_cast<int64_t>(needed >> 20));
  }
}

char* MapSmall(const Context& context, unsigned long bytes) {
  char* area = Map(context, bytes, 0);
  // EINVAL: a kernel without transparent huge pages (madvise(2)).
  RawSyscall(__NR_madvise, RawArg(area), static_cast<long>(bytes), MADV_NOHUGEPAGE);
  return area;
}

char* MapTransparentHuge(const Context& context, unsigned long bytes, unsigned long* huge_bytes) {
  constexpr const char* kEnabled = "/sys/kernel/mm/transparent_hugepage/enabled";
  constexpr const char* kSize = "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size";
  char* const buffer = context.pages->list;
  const int64_t size = NumberAfter(kSize, "", buffer, kScratchBytes);
  if (size <= 0) context.Skip("this kernel has no transparent huge pages (or no /sys is mounted)");
  if (FileHolds(kEnabled, "[never]", buffer, kScratchBytes))
    context.Skip("transparent huge pages are switched off (transparent_hugepage/enabled: never)");
  *huge_bytes = static_cast<unsigned long>(size);
  const unsigned long mask = *huge_bytes - 1;
  if ((bytes & mask) != 0) context.SkipAt("the size is no multiple of a huge page's bytes", size);
  if (bytes == 0) return nullptr;
  const uintptr_t area = reinterpret_cast<uintptr_t>(Map(context, bytes + *huge_bytes, 0));
  char* const aligned = reinterpret_cast<char*>((area + mask) & ~mask);
  const long advised =
      RawSyscall(__NR_madvise, RawArg(aligned), static_cast<long>(bytes), MADV_HUGEPAGE);
  if (advised != 0) context.Skip("madvise(MADV_HUGEPAGE) failed", -advised);
  return aligned;
}

char* MapHugetlb(const Context& context, unsigned long bytes, unsigned long* huge_bytes) {
  constexpr unsigned kFromKib = 10;
  const int64_t size_kib = Meminfo(context, "Hugepagesize:");
  const int64_t free = Meminfo(context, "HugePages_Free:");
  if (size_kib <= 0 || free < 0) context.Skip("this kernel has no hugetlb pages");
  *huge_bytes = static_cast<unsigned long>(size_kib) << kFromKib;
  if ((bytes & (*huge_bytes - 1)) != 0)
    context.SkipAt("the size is no multiple of a huge page's KiB", size_kib);
  int64_t needed = 0;
  for (unsigned long at = 0; at < bytes; at += *huge_bytes) ++needed;
  if (free < needed)
    context.SkipAt("the hugetlb pool is too small (vm.nr_hugepages): pages needed", needed);
  return bytes == 0 ? nullptr : Map(context, bytes, MAP_HUGETLB);
}

namespace {

// A file of one size in /sys/kernel/mm/transparent_hugepage.
void MultiSizeFile(unsigned long page_bytes, const char* name, char* path, uint32_t room) {
  constexpr unsigned kFromKib = 10;
  Text(path, room)
      .Add("/sys/kernel/mm/transparent_hugepage/hugepages-")
      .Add(static_cast<int64_t>(page_bytes >> kFromKib))
      .Add("kB/")
      .Add(name);
}

}  // namespace

int64_t MultiSizeAllocated(const Context& context, unsigned long page_bytes) {
  char path[kPathBytes];
  MultiSizeFile(page_bytes, "stats/anon_fault_alloc", path, sizeof path);
  return NumberAfter(path, "", context.pages->list, kScratchBytes);
}

char* MapMultiSize(const Context& context, unsigned long bytes, unsigned long page_bytes,
                   int64_t* allocated) {
  constexpr const char* kAll = "/sys/kernel/mm/transparent_hugepage/enabled";
  char* const buffer = context.pages->list;
  char path[kPathBytes];
  MultiSizeFile(page_bytes, "enabled", path, sizeof path);
  *allocated = MultiSizeAllocated(context, page_bytes);
  if (*allocated < 0)
    context.SkipAt("this kernel has, or counts, no transparent huge pages of that size: KiB",
                   static_cast<int64_t>(page_bytes >> 10));
  if (FileHolds(path, "[never]", buffer, kScratchBytes) ||
      (FileHolds(path, "[inherit]", buffer, kScratchBytes) &&
       FileHolds(kAll, "[never]", buffer, kScratchBytes)))
    context.SkipAt(
        "multi-size huge pages are switched off (transparent_hugepage/hugepages-*kB/enabled, "
        "thp_anon= at boot): KiB",
        static_cast<int64_t>(page_bytes >> 10));
  if ((bytes & (page_bytes - 1)) != 0)
    context.SkipAt("the size is no multiple of such a page's bytes",
                   static_cast<int64_t>(page_bytes));
  const uintptr_t area = reinterpret_cast<uintptr_t>(Map(context, bytes + page_bytes, 0));
  char* const aligned = reinterpret_cast<char*>((area + page_bytes - 1) & ~(page_bytes - 1));
  const long advised =
      RawSyscall(__NR_madvise, RawArg(aligned), static_cast<long>(bytes), MADV_HUGEPAGE);
  if (advised != 0) context.Skip("madvise(MADV_HUGEPAGE) failed", -advised);
  return aligned;
}

char* MapFilled(const Context& context, unsigned long bytes, int mapping) {
  const long fd = RawSyscall(__NR_memfd_create, RawArg("procmark-file"), 0);
  if (fd < 0) context.Skip("no memfd can be created", -fd);
#if defined(__arm__)
  // A 64-bit argument takes an even pair of registers.
  const long sized = RawSyscall(__NR_ftruncate64, fd, 0, static_cast<long>(bytes), 0);
#else
  const long sized = RawSyscall(__NR_ftruncate, fd, static_cast<long>(bytes));
#endif
  if (sized != 0) context.Skip("a memfd cannot have that size", -sized);
  const int memfd = static_cast<int>(fd);
  const long shared = sys::RawMmap(nullptr, bytes, kReadWrite, MAP_SHARED, memfd);
  if (sys::RawFailed(shared)) context.Skip("a memfd cannot be mapped", -shared);
  WriteEachPage(reinterpret_cast<char*>(shared), bytes, context.page_bytes);
  RawSyscall(__NR_munmap, shared, static_cast<long>(bytes));
  const long area = sys::RawMmap(nullptr, bytes, kReadWrite, mapping, memfd);
  if (sys::RawFailed(area)) context.Skip("a memfd cannot be mapped", -area);
  RawSyscall(__NR_close, fd);
  return reinterpret_cast<char*>(area);
}

void WriteEachPage(char* area, unsigned long bytes, unsigned long page_bytes) {
  for (unsigned long at = 0; at < bytes; at += page_bytes)
    *static_cast<volatile char*>(area + at) = 1;
}

}  // namespace procmark::subject
