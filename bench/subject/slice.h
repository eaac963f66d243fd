// The pages that procmark-bench and its subject share: what to do on the way in, samples, counts
// and footprint on the way out. Plain data, one layout per architecture; no pointers.
#pragma once

#include <stdint.h>

namespace procmark::subject {

inline constexpr uint32_t kPagesVersion = 5;
inline constexpr uint32_t kNameBytes = 128;
inline constexpr uint32_t kReasonBytes = 256;
inline constexpr uint32_t kListBytes = 128 * 1024;
inline constexpr uint32_t kScratchBytes = 32 * 1024;  // of the list's, for reading while measuring
inline constexpr uint32_t kMostSamples = 4096;
inline constexpr uint32_t kCounters = 7;  // see counters.h

// The status with which every child that a benchmark creates ends: never one that a shell, a
// signal or a failed exec would give.
inline constexpr int kChildStatus = 83;

enum class Order : uint32_t { kList = 1, kMeasure = 2 };

enum class Clock : uint32_t {
  kNanoseconds = 0,  // CLOCK_MONOTONIC
  kTicks = 1,        // the CPU's own counter, see ReadTicks in clock.h
  kCoarseTicks = 2,  // another, where the kernel keeps that one to itself (riscv64 only)
};

enum class Outcome : uint32_t {
  kUnfinished = 0,  // what is left behind by a subject that crashed or was killed
  kDone = 1,
  kSkip = 2,     // cannot be measured here: `reason`
  kRefused = 3,  // a self-check failed: `reason`
};

// Of what the subject's resident memory is made.
enum class PageKind : uint32_t { kSmall = 0, kTransparentHuge = 1, kHugetlb = 2, kMultiSize = 3 };

// How that memory is mapped.
enum class MemoryKind : uint32_t {
  kPrivate = 0,     // anonymous, written once
  kShared = 1,      // MAP_SHARED, anonymous, written once
  kDontFork = 2,    // private, MADV_DONTFORK
  kWipeOnFork = 3,  // private, MADV_WIPEONFORK
  kLocked = 4,      // private, mlock(2)
  kFile = 5,        // MAP_PRIVATE of a memfd, read once
};

inline constexpr uint32_t kPinned = 2;

// What the subject takes on before it measures, beyond what it weighs anyway. Zero is nothing.
// subject/shape.cc takes and verifies each; bench/driver/shape_name.cc gives each its name.
struct Shape {
  uint64_t rss_bytes;
  PageKind page;
  MemoryKind memory;
  uint32_t vmas;        // private, anonymous, one page each, never touched, not mergeable
  uint32_t fds;         // open descriptors that a fork shares and an exec keeps
  uint32_t cloexec;     // the same, closed by an exec
  uint32_t threads;     // asleep in the kernel
  uint32_t zombies;     // children that ended and were not reaped
  uint32_t siblings;    // children that live, asleep in the kernel
  uint32_t pin;         // on one CPU, and its children with it: 1: any; kPinned + N: CPU N
  uint32_t policy;      // sched(7): 0 other, 1 fifo, 2 rr, 3 batch, 5 idle, 6 deadline
  uint32_t seccomp;     // filters that allow everything
  uint32_t namespaces;  // pid namespaces nested inside the one that procmark-bench is in
  uint32_t cgroups;     // levels of cgroups above it; procmark-bench puts it there
  uint64_t page_bytes;  // of PageKind::kMultiSize
};

// What the counts of a benchmark cannot hold, and so are absent.
enum class Uncounted : uint32_t {
  kNothing = 0,
  kCounters = 1,  // those of perf_event_open(2): threads work that began before the counters
  kUsage = 2,     // faults and switches (getrusage(2)): nobody reaps who worked
  kAll = 3,
};

// In. Written by procmark-bench before the subject starts.
struct Config {
  uint32_t version;
  Order order;
  Clock clock;
  uint32_t samples;         // 1 .. kMostSamples
  uint32_t warmups;         // operations (or batches) before the first recorded sample
  uint32_t slow_percent;    // canary: each timed region is lengthened by this part of itself
  uint32_t counted;         // samples of the counted pass after the recorded ones; 0: none
  int32_t exit_program;     // descriptor of exit_program.cc without a C library; -1: none
  int32_t libc_program;     // descriptor of the same program with a static one; -1: none
  int32_t pie_program;      // the same, static and position-independent; -1: none
  int32_t dynamic_program;  // the same, linked dynamically; -1: none
  int32_t cgroup;           // descriptor of a cgroup's directory, for the taking; -1: none
  uint32_t reserved;
  char benchmark[kNameBytes];  // as it is listed
  uint64_t amount;             // the number of its own parameter; 0: it has none
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
  int64_t own_migrations;   // of the subject alone (/proc/self/sched); -1: it does not say
  int64_t huge_splits;      // by the whole machine (/proc/vmstat); -1: not asked, or not said
  // Of all rounds of a team, each from waking its members: until the first, and until the last of
  // them was through. 0: there is no team.
  int64_t first_through;
  int64_t last_through;
};

// Of one counter, over the counted pass.
struct CounterReading {
  int64_t value;
  int64_t enabled_ns;  // how long it was wished for
  int64_t running_ns;  // how long it counted
  int32_t error;       // errno when it could not be had; else 0
  uint32_t reserved;
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
  int32_t exec_errno;   // why the program could not be executed at all
  uint32_t counted;     // samples of the counted pass
  uint32_t placed;      // of Pages::cpus: one for each recorded sample, or 0
  Totals totals;
  CounterReading counters[kCounters];
  Footprint footprint;
  char reason[kReasonBytes];
};

// The CPUs that a sample's two edges were on, where they are two tasks'.
struct Cpus {
  uint16_t from;
  uint16_t to;
};

struct Pages {
  Config config;
  Report report;
  // What a child process leaves for its parent: the one page that both of them write.
  alignas(4096) volatile int64_t stamp;
  volatile uint32_t from_cpu;  // of the sample that is being taken: see cpus.h
  volatile uint32_t to_cpu;
  char stamp_fill[4096 - 2 * sizeof(int64_t)];
  int64_t samples[kMostSamples];  // in `clock`'s unit; each covers report.operations
  Cpus cpus[kMostSamples];
  // One line per benchmark, its fields parted by tabs, in the order of benchmark.h's Benchmark.
  // Last, because only its first kScratchBytes are ever in a measuring subject's memory.
  char list[kListBytes];
};

}  // namespace procmark::subject
