// The pages that procmark-bench and its subject share: what to do on the way in, samples, counts
// and footprint on the way out. Plain data, one layout per architecture; no pointers.
#pragma once

#include <stdint.h>

namespace procmark::subject {

inline constexpr uint32_t kPagesVersion = 1;
inline constexpr uint32_t kNameBytes = 128;
inline constexpr uint32_t kReasonBytes = 256;
inline constexpr uint32_t kListBytes = 32 * 1024;
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

// In. Written by procmark-bench before the subject starts.
struct Config {
  uint32_t version;
  Order order;
  Clock clock;
  uint32_t samples;       // 1 .. kMostSamples
  uint32_t warmups;       // operations (or batches) before the first recorded sample
  uint32_t slow_percent;  // canary: each timed region is lengthened by this part of itself
  int32_t exit_program;   // descriptor of a program that exits at once with kChildStatus; -1: none
  uint32_t reserved;
  char benchmark[kNameBytes];
  // The subject's shape (rss, vmas, fds, threads, page size …) takes its place here.
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
  char stamp_fill[4096 - sizeof(int64_t)];
  // One line per benchmark, its fields parted by tabs, in the order of benchmark.h's Benchmark.
  char list[kListBytes];
  int64_t samples[kMostSamples];  // in `clock`'s unit; each covers report.operations
};

}  // namespace procmark::subject
