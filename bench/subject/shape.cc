// SPDX-License-Identifier: MIT
// Acquires and verifies each part of a shape. The order matters: parts that fork come before the
// memory that a fork would copy, and parts that slow down system calls come last.
#include "bench/subject/shape.h"

#include <linux/mman.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/wait.h>

#include "bench/subject/memory.h"
#include "bench/subject/parked.h"
#include "bench/subject/proc_file.h"
#include "bench/subject/text.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

constexpr const char* kRollup = "/proc/self/smaps_rollup";
constexpr const char* kStatus = "/proc/self/status";
constexpr const char* kDescriptors = "/proc/self/fd";
constexpr const char* kMaps = "/proc/self/maps";

int64_t Read(const Context& context, const char* path, const char* label) {
  return NumberAfter(path, label, context.pages->list, kScratchBytes);
}

int64_t Entries(const Context& context) {
  return CountEntries(kDescriptors, context.pages->list, kScratchBytes);
}

// `before` and `after` are numbers from /proc; -1: unknown. Refuses with `what` unless `after` is
// larger by least_more to most_more.
void Verify(const Context& context, const char* what, int64_t before, int64_t after,
            int64_t least_more, int64_t most_more) {
  if (before < 0 || after < 0)
    context.Skip("the shape cannot be verified: /proc does not have the number");
  const int64_t more = after - before;
  if (more < least_more || more > most_more) context.Refuse(what, more);
}

// ---- nested pid namespaces

// Returns in the first process of a new namespace. The calling process waits for that one's end.
void EnterNamespace(const Context& context) {
  const long pid = sys::RawClone(CLONE_NEWPID | SIGCHLD);
  if (pid == 0) return;
  if (pid < 0) context.Skip("a pid namespace cannot be created here", -pid);
  int status = 0;
  RawSyscall(__NR_wait4, pid, RawArg(&status), 0, 0);
  constexpr int kFailed = 2;
  // If a signal killed the inner process, end by a signal too.
  if ((status & 0x7f) != 0) __builtin_trap();
  while (true) RawSyscall(__NR_exit_group, status == 0 ? 0 : kFailed);
}

void TakeNamespaces(const Context& context, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) EnterNamespace(context);
  if (count != 0 && RawSyscall(__NR_getpid) != 1)
    context.Refuse("the subject is not the first process of its pid namespace; its pid is",
                   RawSyscall(__NR_getpid));
}

// ---- children that have ended

void TakeZombies(const Context& context, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    const long pid = sys::RawFork();
    if (pid == 0) ExitChild();
    if (pid < 0) context.SkipAt("no more processes can be created here: after", i);
    // Waits for its end and leaves it a zombie (waitid(2)).
    const long seen = RawSyscall(__NR_waitid, P_PID, pid, 0, WEXITED | WNOWAIT, 0);
    if (seen != 0) context.Refuse("a child did not become a zombie: errno", -seen);
  }
}

// ---- children that live

void TakeSiblings(const Context& context, uint32_t count) {
  constexpr long kSetDeathSignal = 1;  // PR_SET_PDEATHSIG
  constexpr int kPidAt = sizeof(long) == 8 ? 4 : 3;
  for (uint32_t i = 0; i < count; ++i) {
    const long parent = RawSyscall(__NR_getpid);
    const long pid = sys::RawFork();
    if (pid < 0) context.SkipAt("no more processes can be created here: after", i);
    if (pid > 0) continue;
    RawSyscall(__NR_prctl, kSetDeathSignal, SIGKILL, 0, 0, 0);
    if (RawSyscall(__NR_getppid) != parent) ExitChild();
    while (true) RawSyscall(__NR_ppoll, 0, 0, 0, 0, 0);
  }
  if (count == 0) return;
  // All of them live if a wait that does not block finds no child that has ended (waitid(2)).
  int information[128 / sizeof(int)] = {};
  const long seen =
      RawSyscall(__NR_waitid, P_ALL, 0, RawArg(information), WEXITED | WNOWAIT | WNOHANG, 0);
  if (seen != 0 || information[kPidAt] != 0)
    context.Refuse("a child has ended too early: waitid gave", seen);
}

// ---- memory

char* MapFile(const Context& context, unsigned long bytes) {
  char* const area = MapFilled(context, bytes, MAP_PRIVATE);
  const volatile char* at = area;
  for (unsigned long i = 0; i < bytes; i += context.page_bytes) (void)at[i];
  return area;
}

char* MapShared(const Context& context, unsigned long bytes) {
  const long area =
      sys::RawMmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
  if (sys::RawFailed(area)) context.Skip("shared memory could not be mapped", -area);
  return reinterpret_cast<char*>(area);
}

void Advise(const Context& context, char* area, unsigned long bytes, MemoryKind kind) {
  long done = 0;
  if (kind == MemoryKind::kDontFork)
    done = RawSyscall(__NR_madvise, RawArg(area), static_cast<long>(bytes), MADV_DONTFORK);
  if (kind == MemoryKind::kWipeOnFork)
    done = RawSyscall(__NR_madvise, RawArg(area), static_cast<long>(bytes), MADV_WIPEONFORK);
  if (kind == MemoryKind::kLocked)
    done = RawSyscall(__NR_mlock, RawArg(area), static_cast<long>(bytes));
  if (done != 0) context.Skip("the kernel refuses this for this memory", -done);
}

char* MapMemory(const Context& context, const Shape& shape, unsigned long bytes) {
  unsigned long huge_bytes = 0;
  if (shape.memory == MemoryKind::kFile) return MapFile(context, bytes);
  if (shape.memory == MemoryKind::kShared) return MapShared(context, bytes);
  if (shape.page == PageKind::kTransparentHuge)
    return MapTransparentHuge(context, bytes, &huge_bytes);
  if (shape.page == PageKind::kHugetlb) return MapHugetlb(context, bytes, &huge_bytes);
  return MapSmall(context, bytes);
}

// The line of /proc/self/smaps_rollup that counts this memory (proc(5)). It is exact, but VmRSS of
// status may lag.
const char* LabelOf(const Shape& shape) {
  if (shape.page == PageKind::kTransparentHuge) return "AnonHugePages:";
  if (shape.page == PageKind::kHugetlb) return "Private_Hugetlb:";
  if (shape.memory == MemoryKind::kLocked) return "Locked:";
  return "Rss:";
}

// No number of the process counts these pages, so the kernel's count for the machine must do.
void TakeMultiSize(const Context& context, const Shape& shape, unsigned long bytes) {
  const unsigned long size = static_cast<unsigned long>(shape.page_bytes);
  int64_t before = 0;
  char* const area = MapMultiSize(context, bytes, size, &before);
  Advise(context, area, bytes, shape.memory);
  WriteEachPage(area, bytes, context.page_bytes);
  int64_t asked = 0;
  for (unsigned long at = 0; at < bytes; at += size) ++asked;
  const int64_t given = MultiSizeAllocated(context, size) - before;
  if (given < asked)
    context.SkipAt(
        "the kernel gave fewer huge pages of that size than asked for (it prefers larger "
        "sizes that are switched on):",
        given);
}

void TakeMemory(const Context& context, const Shape& shape) {
  constexpr unsigned kToKib = 10;
  constexpr int64_t kSlackKib = 256;  // a page of the stack may be added
  const unsigned long bytes = static_cast<unsigned long>(shape.rss_bytes);
  if (bytes == 0) return;
  if (bytes != shape.rss_bytes) context.Skip("this address space is too small for that size");
  if ((bytes & (context.page_bytes - 1)) != 0)
    context.SkipAt("the size is no multiple of a page's bytes",
                   static_cast<int64_t>(context.page_bytes));
  if (shape.page == PageKind::kMultiSize) return TakeMultiSize(context, shape, bytes);
  const int64_t before = Read(context, kRollup, LabelOf(shape));
  char* const area = MapMemory(context, shape, bytes);
  Advise(context, area, bytes, shape.memory);
  if (shape.memory != MemoryKind::kFile) WriteEachPage(area, bytes, context.page_bytes);
  const int64_t asked_kib = static_cast<int64_t>(shape.rss_bytes >> kToKib);
  const int64_t after = Read(context, kRollup, LabelOf(shape));
  if (shape.page == PageKind::kTransparentHuge && after - before < asked_kib)
    context.SkipAt("the kernel gave less memory in transparent huge pages than asked for: KiB",
                   after - before);
  Verify(context, "the resident memory did not grow as asked; it grew by KiB", before, after,
         asked_kib, asked_kib + kSlackKib);
}

// One page each, readable and writable in turn. MAP_NORESERVE keeps the first and the last of them
// from merging with another mapping (mm/vma.c, is_mergeable_vma compares flags).
void TakeVmas(const Context& context, uint32_t count) {
  if (count == 0) return;
  const int64_t before = CountLines(kMaps, context.pages->list, kScratchBytes);
  const unsigned long bytes = context.page_bytes * count;
  const long area =
      sys::RawMmap(nullptr, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
  if (sys::RawFailed(area)) context.Skip("there is no address space for the mappings", -area);
  for (uint32_t i = 1; i < count; i += 2) {
    const long page = area + static_cast<long>(context.page_bytes * i);
    const long done = RawSyscall(__NR_mprotect, page, static_cast<long>(context.page_bytes),
                                 PROT_READ | PROT_WRITE);
    if (done != 0) context.SkipAt("the limit vm.max_map_count is too low: reached at", i);
  }
  const int64_t after = CountLines(kMaps, context.pages->list, kScratchBytes);
  Verify(context, "the number of mappings did not grow as asked; it grew by", before, after, count,
         count);
}

// ---- descriptors

void TakeDescriptors(const Context& context, uint32_t count, int flags) {
  if (count == 0) return;
  const int64_t before = Entries(context);
  for (uint32_t i = 0; i < count; ++i) {
    const long fd = RawSyscall(__NR_eventfd2, 0, flags);
    if (fd < 0) context.Skip("no more descriptors can be opened here", -fd);
  }
  Verify(context, "the number of descriptors did not grow as asked; it grew by", before,
         Entries(context), count, count);
}

// ---- threads

void TakeThreads(const Context& context, uint32_t count) {
  if (count == 0) return;
  const int64_t before = Read(context, kStatus, "Threads:");
  const long made = ParkThreads(count);
  if (made < 0) context.Skip("no more threads can be created here", -made);
  Verify(context, "the number of threads did not grow as asked; it grew by", before,
         Read(context, kStatus, "Threads:"), count, count);
}

// ---- scheduling

void TakeCpu(const Context& context, uint32_t pin) {
  if (pin == 0) return;
  unsigned long allowed[128] = {};  // 8192 CPUs
  const long size = RawSyscall(__NR_sched_getaffinity, 0, sizeof allowed, RawArg(allowed));
  if (size < 0) context.Skip("the CPUs that may be used cannot be read", -size);
  uint32_t cpus = 0;
  unsigned long first[128] = {};  // the one to pin to
  constexpr uint32_t kWordBits = 8 * sizeof(unsigned long);
  for (uint32_t word = 0; word < sizeof allowed / sizeof allowed[0]; ++word) {
    if (cpus == 0) first[word] = allowed[word] & (~allowed[word] + 1);
    cpus += static_cast<uint32_t>(__builtin_popcountl(allowed[word]));
  }
  if (cpus < 2)
    context.Skip("the subject may use one CPU only, so every child runs on its parent's");
  if (pin >= kFirstCpu) {
    const uint32_t cpu = pin - kFirstCpu;
    const unsigned long bit = 1UL << (cpu % kWordBits);
    if (cpu / kWordBits >= 128 || (allowed[cpu / kWordBits] & bit) == 0)
      context.SkipAt("the subject may not use this CPU:", cpu);
    for (unsigned long& word : first) word = 0;
    first[cpu / kWordBits] = bit;
  }
  const long done = RawSyscall(__NR_sched_setaffinity, 0, sizeof first, RawArg(first));
  if (done != 0) context.Skip("the subject cannot be pinned to one CPU", -done);
  uint32_t here = 0;
  RawSyscall(__NR_getcpu, RawArg(&here), 0, 0);
  if ((first[here / kWordBits] & (1UL << (here % kWordBits))) == 0)
    context.Refuse("the subject does not run on the CPU asked for; it runs on", here);
}

struct DeadlineAttributes {  // struct sched_attr (sched_setattr(2)), its first version
  uint32_t size;
  uint32_t policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime_ns;
  uint64_t deadline_ns;
  uint64_t period_ns;
};

// Nine tenths of a CPU; the kernel's default bound is 95 %. Without kResetOnFork a task of this
// policy cannot fork (sched(7)).
void TakeDeadline(const Context& context) {
  constexpr uint64_t kResetOnFork = 1;
  constexpr uint64_t kPeriodNs = 100'000'000;
  DeadlineAttributes attributes{};
  attributes.size = sizeof attributes;
  attributes.policy = static_cast<uint32_t>(Policy::kDeadline);
  attributes.flags = kResetOnFork;
  attributes.runtime_ns = kPeriodNs / 10 * 9;
  attributes.deadline_ns = kPeriodNs;
  attributes.period_ns = kPeriodNs;
  const long done = RawSyscall(__NR_sched_setattr, 0, RawArg(&attributes), 0);
  if (done != 0)
    context.Skip("SCHED_DEADLINE is not permitted here, or other tasks use its share", -done);
}

void TakePolicy(const Context& context, Policy policy) {
  constexpr long kResetOnFork = 0x40000000;  // in sched_getscheduler's answer
  if (policy == Policy::kOther) return;
  if (policy == Policy::kDeadline) {
    TakeDeadline(context);
  } else {
    const int priority = policy == Policy::kFifo || policy == Policy::kRoundRobin ? 1 : 0;
    const long done =
        RawSyscall(__NR_sched_setscheduler, 0, static_cast<long>(policy), RawArg(&priority));
    if (done != 0) context.Skip("this scheduling policy is not permitted here", -done);
  }
  const long seen = RawSyscall(__NR_sched_getscheduler, 0) & ~kResetOnFork;
  if (seen != static_cast<long>(policy))
    context.Refuse("the scheduling policy is not the one asked for; its number is", seen);
}

// ---- cgroups

// procmark-bench has started the subject in them. They are named by their number.
void VerifyCgroups(const Context& context, uint32_t levels) {
  char level[32];
  if (levels == 0) return;
  Text(level, sizeof level).Add("/level-").Add(levels).Add("\n");
  if (!FileHolds("/proc/self/cgroup", level, context.pages->list, kScratchBytes))
    context.Refuse("the subject is not in the cgroup of level", levels);
}

// ---- filters of system calls

struct FilterInstruction {  // struct sock_filter (seccomp(2))
  uint16_t code;
  uint8_t if_true;
  uint8_t if_false;
  uint32_t operand;
};
struct FilterProgram {  // struct sock_fprog
  uint16_t length;
  const FilterInstruction* instructions;
};

void TakeFilters(const Context& context, uint32_t count) {
  constexpr long kSetNoNewPrivileges = 38;  // PR_SET_NO_NEW_PRIVS
  constexpr long kSetFilter = 1;            // SECCOMP_SET_MODE_FILTER
  if (count == 0) return;
  // The filter loads an argument of the call, so that the kernel cannot cache its answer
  // (kernel/seccomp.c, seccomp_is_const_allow), then allows the call.
  constexpr uint32_t kFirstArgumentAt = 16;
  const FilterInstruction allow[] = {{0x20, 0, 0, kFirstArgumentAt}, {0x06, 0, 0, 0x7fff0000U}};
  const FilterProgram program = {2, allow};
  RawSyscall(__NR_prctl, kSetNoNewPrivileges, 1, 0, 0, 0);
  for (uint32_t i = 0; i < count; ++i) {
    const long done = RawSyscall(__NR_seccomp, kSetFilter, 0, RawArg(&program));
    if (done != 0) context.Skip("seccomp filters cannot be installed here", -done);
  }
  const int64_t filters = Read(context, kStatus, "Seccomp_filters:");  // since Linux 5.9
  if (filters < count)
    context.Refuse("the number of seccomp filters is not as asked for; it is", filters);
}

}  // namespace

void NeedDescriptors(const Context& context, uint32_t count) {
  constexpr uint32_t kOwn = 64;
  struct rlimit64 limit {};
  RawSyscall(__NR_prlimit64, 0, RLIMIT_NOFILE, 0, RawArg(&limit));
  if (limit.rlim_cur >= count + kOwn) return;
  if (limit.rlim_max < count + kOwn) limit.rlim_max = count + kOwn;  // needs CAP_SYS_RESOURCE
  limit.rlim_cur = count + kOwn;
  const long raised = RawSyscall(__NR_prlimit64, 0, RLIMIT_NOFILE, RawArg(&limit), 0);
  if (raised != 0)
    context.Skip("RLIMIT_NOFILE is too low for so many descriptors and cannot be raised", -raised);
}

uint64_t BytesOf(const Shape& shape) {
  constexpr uint64_t kMapping = 512;  // vm_area_struct and its place in the tree
  constexpr uint64_t kDescriptor = 1024;
  constexpr uint64_t kTask = 64 * 1024;  // task_struct, kernel stack, user stack, page tables
  const uint64_t memory = shape.page == PageKind::kHugetlb ? 0 : shape.rss_bytes;
  return memory + kMapping * shape.vmas + kDescriptor * shape.fds + kDescriptor * shape.cloexec +
         kTask * (uint64_t{shape.threads} + shape.zombies + shape.siblings);
}

void TakeShape(Context& context, const Shape& shape) {
  NeedMemory(context, BytesOf(shape));
  VerifyCgroups(context, shape.cgroups);
  TakeNamespaces(context, shape.namespaces);
  TakeSiblings(context, shape.siblings);
  TakeZombies(context, shape.zombies);
  TakeMemory(context, shape);
  TakeVmas(context, shape.vmas);
  NeedDescriptors(context, shape.fds + shape.cloexec);
  TakeDescriptors(context, shape.fds, 0);
  constexpr int kCloseOnExec = 02000000;  // EFD_CLOEXEC on every architecture built here
  TakeDescriptors(context, shape.cloexec, kCloseOnExec);
  TakeThreads(context, shape.threads);
  TakeCpu(context, shape.pin);
  TakePolicy(context, shape.policy);
  TakeFilters(context, shape.seccomp);
}

}  // namespace procmark::subject
