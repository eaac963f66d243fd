// The pages that procmark-bench and its subject share: what to do on the way in, samples, counts
// and footprint on the way out. Plain data, one layout per architecture; no pointers.
#pragma once

#include <stdint.h>

namespace procmark::subject {

inline constexpr uint32_t kPagesVersion = 2;
inline constexpr uint32_t kNameBytes = 128;
inline constexpr uint32_t kReasonBytes = 256;
inline constexpr uint32_t kListBytes = 128 * 1024;
inline constexpr uint32_t kScratchBytes = 32 * 1024;  // of the list's, for reading while measuring
inline constexpr uint32_t kMostSamples = 4096;

// The status with which every child that a benchmark creates ends: never one that a shell, a
// signal or a failed exec would give.
inline constexpr int kChildStatus = 83;

enum class Order : uint32_t { kList = 1, kMeasure = 2 };

enum class Clock : uint32_t {
  kNanoseconds = 0,  // CLOCK_MONOTONIC
  kTicks = 1,        // the CPU's own counter, see ReadTicks in clock.h
};

enum class Outcome : uint32_t {
  kUnfinished = 0,  // what is left behind by a subject that crashed or was killed
  kDone = 1,
  kSkip = 2,     // cannot be measured here: `reason`
  kRefused = 3,  // a self-check failed: `reason`
};

// Of what the subject's resident memory is made.
enum class PageKind : uint32_t { kSmall = 0, kTransparentHuge = 1, kHugetlb = 2 };

// How that memory is mapped.
enum class MemoryKind : uint32_t {
  kPrivate = 0,     // anonymous, written once
  kShared = 1,      // MAP_SHARED, anonymous, written once
  kDontFork = 2,    // private, MADV_DONTFORK
  kWipeOnFork = 3,  // private, MADV_WIPEONFORK
  kLocked = 4,      // private, mlock(2)
  kFile = 5,        // MAP_PRIVATE of a memfd, read once
};

// What the subject takes on before it measures, beyond what it weighs anyway. Zero is nothing.
// subject/shape.cc takes and verifies each; bench/shape.cc gives each its name.
struct Shape {
  uint64_t rss_bytes;
  PageKind page;
  MemoryKind memory;
  uint32_t vmas;        // private, anonymous, one page each, never touched, not mergeable
  uint32_t fds;         // open descriptors that a fork shares and an exec keeps
  uint32_t cloexec;     // the same, closed by an exec
  uint32_t threads;     // asleep in the kernel
  uint32_t zombies;     // children that ended and were not reaped
  uint32_t pin;         // 1: on one CPU, and its children with it
  uint32_t policy;      // scheduling policy (sched(7)): 0 other, 1 fifo, 2 rr, 3 batch, 5 idle
  uint32_t seccomp;     // filters that allow everything
  uint32_t namespaces;  // pid namespaces nested inside the one that procmark-bench is in
  uint32_t reserved;
};

// In. Written by procmark-bench before the subject starts.
struct Config {
  uint32_t version;
  Order order;
  Clock clock;
  uint32_t samples;            // 1 .. kMostSamples
  uint32_t warmups;            // operations (or batches) before the first recorded sample
  uint32_t slow_percent;       // canary: each timed region is lengthened by this part of itself
  int32_t exit_program;        // descriptor of exit_program.cc without a C library; -1: none
  int32_t libc_program;        // descriptor of the same program with a static one; -1: none
  char benchmark[kNameBytes];  // without the parameters of its shape
  Shape shape;
};

// Totals over the whole recorded part, of the subject and its reaped children (getrusage(2)).
struct Totals {
  int64_t minor_faults;
  int64_t major_faults;
  int64_t voluntary_switches;
  int64_t involuntary_switches;
  int64_t children;         // processes or threads that were created, ended and were reaped
  int64_t clock_by_system;  // 1: there was no vDSO, each clock read was a system call
};

// Of the subject, before it measures (/proc/self).
struct Footprint {
  int64_t rss_kib;  // -1: could not be read
  int64_t vmas;
  int64_t fds;
  int64_t threads;
};

// Out. Written by the subject; `outcome` last.
struct Report {
  Outcome outcome;
  uint32_t recorded;    // samples written
  int64_t operations;   // inside one sample
  uint32_t list_bytes;  // of `list`, answering Order::kList
  uint32_t reserved;
  Totals totals;
  Footprint footprint;
  char reason[kReasonBytes];
};

struct Pages {
  Config config;
  Report report;
  // What a child process leaves for its parent: the one page that both of them write.
  alignas(4096) volatile int64_t stamp;
  volatile int64_t cpu;  // that the child ran on, where it says so
  char stamp_fill[4096 - 2 * sizeof(int64_t)];
  int64_t samples[kMostSamples];  // in `clock`'s unit; each covers report.operations
  // One line per benchmark, its fields parted by tabs, in the order of benchmark.h's Benchmark.
  // Last, because only its first kScratchBytes are ever in a measuring subject's memory.
  char list[kListBytes];
};

}  // namespace procmark::subject
