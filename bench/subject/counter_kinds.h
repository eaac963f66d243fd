// SPDX-License-Identifier: MIT
// The events that are counted with perf_event_open(2), once for subject and driver.
#pragma once

#include <linux/perf_event.h>
#include <stdint.h>

namespace procmark::subject {

struct CounterKind {
  const char* name;  // in results
  uint32_t type;     // as in perf_event_attr
  uint64_t config;
  bool user;    // counts in user mode
  bool kernel;  // counts in kernel mode
};

// The first is counted by the kernel on every machine, the others by the CPU.
inline constexpr CounterKind kCounterKinds[] = {
    {"migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS, true, true},
    {"cycles_user", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, true, false},
    {"cycles_kernel", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, false, true},
    {"instructions_user", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, true, false},
    {"instructions_kernel", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, false, true},
    {"cache_misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES, true, true},
    {"dtlb_misses", PERF_TYPE_HW_CACHE,
     PERF_COUNT_HW_CACHE_DTLB | (PERF_COUNT_HW_CACHE_OP_READ << 8) |
         (PERF_COUNT_HW_CACHE_RESULT_MISS << 16),
     true, true}};

inline constexpr uint32_t kCounters = sizeof kCounterKinds / sizeof kCounterKinds[0];
inline constexpr uint32_t kMigrations = 0;
inline constexpr uint32_t kFirstCpuCounter = 1;

}  // namespace procmark::subject
