// SPDX-License-Identifier: MIT
// The pages that procmark-bench shares with one subject. In: what to measure. Out: samples, counts,
// footprint. Plain data without pointers, so that both sides have one layout.
#pragma once

#include <stdint.h>

#include "bench/subject/counter_kinds.h"

namespace procmark::subject {

inline constexpr uint32_t kPagesVersion = 6;
inline constexpr uint32_t kNameBytes = 128;
inline constexpr uint32_t kReasonBytes = 256;
inline constexpr uint32_t kListBytes = 128 * 1024;
inline constexpr uint32_t kScratchBytes = 32 * 1024;  // of `list`, for reading files of /proc
inline constexpr uint32_t kMostSamples = 4096;

// Every measured child exits with this status. No shell, no signal and no failed exec gives it.
inline constexpr int kChildStatus = 83;

enum class Order : uint32_t { kList = 1, kMeasure = 2 };

enum class Clock : uint32_t {
  kNanoseconds = 0,  // CLOCK_MONOTONIC
  kTicks = 1,        // the CPU's own counter, see ReadTicks in clock.h
  kCoarseTicks = 2,  // riscv64: `time`, where the kernel does not let programs read `cycle`
};

enum class Outcome : uint32_t {
  kUnfinished = 0,  // the subject crashed or was killed
  kDone = 1,
  kSkip = 2,     // cannot be measured here: `reason`
  kRefused = 3,  // a self-check failed: `reason`
};

// The pages that make up Shape::rss_bytes.
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

// The kernel's own numbers (sched(7)).
enum class Policy : uint32_t {
  kOther = 0,
  kFifo = 1,
  kRoundRobin = 2,
  kBatch = 3,
  kIdle = 5,
  kDeadline = 6,
};

// The programs that exec benchmarks execute (bench/programs). Each exits at once.
enum class ExitProgram : uint32_t {
  kRaw = 0,      // without a C library
  kLibc = 1,     // with a static C library
  kPie = 2,      // the same, position-independent
  kDynamic = 3,  // linked dynamically
};
inline constexpr uint32_t kExitPrograms = 4;

inline constexpr uint32_t kAnyOneCpu = 1;
inline constexpr uint32_t kFirstCpu = 2;

// What the subject acquires before it measures. Zero means nothing. subject/shape.cc acquires and
// verifies each part; driver/shape_name.cc gives each its name.
struct Shape {
  uint64_t rss_bytes;
  PageKind page;
  MemoryKind memory;
  uint32_t vmas;        // private, anonymous, one page each, never touched, not mergeable
  uint32_t fds;         // open descriptors that a fork shares and an exec keeps
  uint32_t cloexec;     // the same, but an exec closes them
  uint32_t threads;     // asleep in the kernel
  uint32_t zombies;     // children that ended and were not reaped
  uint32_t siblings;    // living children, asleep in the kernel
  uint32_t pin;         // 0: not pinned; kAnyOneCpu; kFirstCpu + N: pinned to CPU N
  Policy policy;        // of scheduling
  uint32_t seccomp;     // filters that allow everything
  uint32_t namespaces;  // nested pid namespaces
  uint32_t cgroups;     // nested cgroups; procmark-bench makes them and starts the subject inside
  uint64_t page_bytes;  // of PageKind::kMultiSize
};

// The counts that would be incomplete for a benchmark. They are left out of its results.
enum class Uncounted : uint32_t {
  kNothing = 0,
  kCounters = 1,  // perf_event_open(2): threads that work began before the counters
  kUsage = 2,     // faults and switches (getrusage(2)): the workers are never reaped
  kAll = 3,
};

// In. procmark-bench writes it before the subject starts.
struct Config {
  uint32_t version;  // kPagesVersion
  Order order;
  Clock clock;
  uint32_t samples;                      // 1 .. kMostSamples
  uint32_t warmups;                      // samples before the first recorded one
  uint32_t slow_percent;                 // each timed region is lengthened by this part of itself
  uint32_t counted;                      // samples after the recorded ones, for the counters
  int32_t exit_programs[kExitPrograms];  // descriptors; -1: none
  int32_t cgroup;                        // descriptor of an empty cgroup's directory; -1: none
  uint32_t reserved;
  char benchmark[kNameBytes];  // as it is listed
  uint64_t amount;             // the number of the benchmark's own parameter; 0: it has none
  Shape shape;

  int32_t Descriptor(ExitProgram program) const {
    return exit_programs[static_cast<uint32_t>(program)];
  }
};

// Totals over all recorded samples, of the subject and its reaped children (getrusage(2)).
struct Totals {
  int64_t minor_faults;
  int64_t major_faults;
  int64_t voluntary_switches;
  int64_t involuntary_switches;
  int64_t children;         // processes or threads that were created, ended and were reaped
  int64_t clock_by_system;  // 1: there was no vDSO, so each clock read was a system call
  int64_t own_migrations;   // of the subject alone (/proc/self/sched); -1: unknown
  int64_t huge_splits;      // by the whole machine (/proc/vmstat); -1: not asked for, or unknown
  // Sums over all rounds of a team (team.h), each from waking its members until the first member,
  // and until the last, had finished. 0: the benchmark has no team.
  int64_t first_through;
  int64_t last_through;
};

// Of one counter, over the counted samples.
struct CounterReading {
  int64_t value;
  int64_t enabled_ns;  // how long it should have counted
  int64_t running_ns;  // how long it did count
  int32_t error;       // errno if it could not be opened or read, else 0
  uint32_t reserved;
};

// Of the subject, before it measures (/proc/self). -1: could not be read.
struct Footprint {
  int64_t rss_kib;
  int64_t vmas;
  int64_t fds;
  int64_t threads;
};

// Out. The subject writes `outcome` last.
struct Report {
  Outcome outcome;
  uint32_t recorded;    // samples written
  int64_t operations;   // inside one sample
  uint32_t list_bytes;  // of `list`, the answer to Order::kList
  int32_t exec_errno;   // why the program could not be executed at all
  uint32_t counted;     // samples taken with the counters on
  uint32_t placed;      // entries of Pages::cpus: one for each recorded sample, or none
  Totals totals;
  CounterReading counters[kCounters];
  Footprint footprint;
  char reason[kReasonBytes];
};

// The CPUs of a sample's two edges, where two tasks read the clock.
struct Cpus {
  uint16_t from;
  uint16_t to;
};

struct Pages {
  Config config;
  Report report;
  // A child process leaves its clock reading here. Only this page is written by parent and child.
  alignas(4096) volatile int64_t stamp;
  volatile uint32_t from_cpu;  // of the current sample, see cpus.h
  volatile uint32_t to_cpu;
  char stamp_fill[4096 - 2 * sizeof(int64_t)];
  int64_t samples[kMostSamples];  // in `clock`'s unit; each covers report.operations
  Cpus cpus[kMostSamples];
  // One line per benchmark, see list.h. Last, because a measuring subject uses only the first
  // kScratchBytes of it.
  char list[kListBytes];
};

}  // namespace procmark::subject
