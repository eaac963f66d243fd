// What perf_event_open(2) counts: migrations by software everywhere, and what the CPU's own
// counters count where there are some, apart for user and kernel.
//
// A counter that is inherited makes each fork dearer (kernel/events/core.c,
// perf_event_init_task), so counters are opened after the recorded samples and count operations of
// their own.
#pragma once

#include <linux/perf_event.h>
#include <stdint.h>

#include "bench/subject/slice.h"
#include "harness/sys/raw_syscall.h"

namespace procmark::subject {

struct CounterKind {
  uint32_t type;
  uint64_t config;
  bool user;
  bool kernel;
};

// In the order of CounterName() in bench/driver/counts.h.
inline CounterKind KindOf(uint32_t counter) {
  constexpr uint64_t kDtlbReadMisses = PERF_COUNT_HW_CACHE_DTLB |
                                       (PERF_COUNT_HW_CACHE_OP_READ << 8) |
                                       (PERF_COUNT_HW_CACHE_RESULT_MISS << 16);
  switch (counter) {
    case 0:
      return {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS, true, true};
    case 1:
      return {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, true, false};
    case 2:
      return {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, false, true};
    case 3:
      return {PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, true, false};
    case 4:
      return {PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, false, true};
    case 5:
      return {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES, true, true};
    default:
      return {PERF_TYPE_HW_CACHE, kDtlbReadMisses, true, true};
  }
}

// The kernel's side of counting; tests put another in its place. Each returns -errno on failure.
struct PerfEvents {
  static long Open(const perf_event_attr& attributes) {
    constexpr long kThisProcess = 0;
    constexpr long kEveryCpu = -1;
    constexpr long kNoGroup = -1;
    return sys::RawSyscall(__NR_perf_event_open, sys::RawArg(&attributes), kThisProcess, kEveryCpu,
                           kNoGroup, PERF_FLAG_FD_CLOEXEC);
  }
  static long Control(long fd, unsigned long request) {
    return sys::RawSyscall(__NR_ioctl, fd, static_cast<long>(request), 0);
  }
  static long Read(long fd, void* to, unsigned long size) {
    return sys::RawSyscall(__NR_read, fd, sys::RawArg(to), static_cast<long>(size));
  }
  static void Close(long fd) { sys::RawSyscall(__NR_close, fd); }
};

// Counts this process and the children that it makes while the set lives (they are added when they
// end: reap them before Stop). Each counter is an event of its own: a CPU that has too few counts
// them by turns, and each reading tells for how long it counted.
template <typename Kernel = PerfEvents>
class CounterSet {
 public:
  using KindFunction = CounterKind (*)(uint32_t counter);

  // Opens all, stopped. What cannot be had keeps its errno. `kind_of` says what to count.
  explicit CounterSet(KindFunction kind_of = KindOf) {
    for (uint32_t i = 0; i < kCounters; ++i) {
      const CounterKind kind = kind_of(i);
      perf_event_attr attributes{};
      attributes.size = sizeof attributes;
      attributes.type = kind.type;
      attributes.config = kind.config;
      attributes.disabled = 1;
      attributes.inherit = 1;
      attributes.exclude_user = kind.user ? 0 : 1;
      attributes.exclude_kernel = kind.kernel ? 0 : 1;
      attributes.exclude_hv = 1;
      attributes.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
      fds_[i] = Kernel::Open(attributes);
    }
  }
  CounterSet(const CounterSet&) = delete;
  CounterSet& operator=(const CounterSet&) = delete;
  ~CounterSet() {
    for (const long fd : fds_) {
      if (fd >= 0) Kernel::Close(fd);
    }
  }

  void Start() { ControlAll(PERF_EVENT_IOC_ENABLE); }
  void Stop() { ControlAll(PERF_EVENT_IOC_DISABLE); }

  // `readings` has room for kCounters.
  void Read(CounterReading* readings) const {
    struct {
      uint64_t value;
      uint64_t enabled_ns;
      uint64_t running_ns;
    } seen;
    constexpr int32_t kCutShort = 5;  // EIO
    for (uint32_t i = 0; i < kCounters; ++i) {
      CounterReading& reading = readings[i];
      reading = CounterReading{};
      if (fds_[i] < 0) {
        reading.error = static_cast<int32_t>(-fds_[i]);
        continue;
      }
      const long size = Kernel::Read(fds_[i], &seen, sizeof seen);
      if (size != static_cast<long>(sizeof seen)) {
        reading.error = size < 0 ? static_cast<int32_t>(-size) : kCutShort;
        continue;
      }
      reading.value = static_cast<int64_t>(seen.value);
      reading.enabled_ns = static_cast<int64_t>(seen.enabled_ns);
      reading.running_ns = static_cast<int64_t>(seen.running_ns);
    }
  }

 private:
  void ControlAll(unsigned long request) {
    for (const long fd : fds_) {
      if (fd >= 0) Kernel::Control(fd, request);
    }
  }

  long fds_[kCounters];
};

}  // namespace procmark::subject
