// SPDX-License-Identifier: MIT
// Counting with perf_event_open(2). An inherited counter makes each fork more expensive
// (kernel/events/core.c, perf_event_init_task). So the counters are opened after the recorded
// samples, and the operations are repeated for them.
#pragma once

#include <linux/perf_event.h>
#include <stdint.h>

#include "bench/subject/slice.h"
#include "harness/sys/raw_syscall.h"

namespace procmark::subject {

// The system calls of counting, which tests replace. Each returns -errno on failure.
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

// Counts this process and the children that it creates while the set lives. The kernel adds a
// child's counts when it ends, so reap children before Stop(). Each counter is an event of its own:
// a CPU with too few counters takes turns, and each reading tells how long it counted.
template <typename Kernel = PerfEvents>
class CounterSet {
 public:
  // Opens all counters, stopped. Keeps the errno of those that cannot be opened.
  explicit CounterSet(const CounterKind (&kinds)[kCounters] = kCounterKinds) {
    for (uint32_t i = 0; i < kCounters; ++i) {
      const CounterKind& kind = kinds[i];
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

  // Stores kCounters readings.
  void Read(CounterReading* readings) const {
    struct {
      uint64_t value;
      uint64_t enabled_ns;
      uint64_t running_ns;
    } seen;
    constexpr int32_t kShortRead = 5;  // EIO
    for (uint32_t i = 0; i < kCounters; ++i) {
      CounterReading& reading = readings[i];
      reading = CounterReading{};
      if (fds_[i] < 0) {
        reading.error = static_cast<int32_t>(-fds_[i]);
        continue;
      }
      const long size = Kernel::Read(fds_[i], &seen, sizeof seen);
      if (size != static_cast<long>(sizeof seen)) {
        reading.error = size < 0 ? static_cast<int32_t>(-size) : kShortRead;
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
