// struct sched_attr of sched_setattr(2), which the C library has no header for.
#pragma once

#include <cstdint>

namespace procmark::conformance {

// The layout of the kernel's struct sched_attr, first version (include/uapi/linux/sched/types.h).
// Times are nanoseconds; `runtime` of an ordinary task is its slice (Linux 6.12).
struct SchedAttributes {
  uint32_t size = sizeof(SchedAttributes);
  uint32_t policy = 0;
  uint64_t flags = 0;
  int32_t nice = 0;
  uint32_t priority = 0;
  uint64_t runtime = 0;
  uint64_t deadline = 0;
  uint64_t period = 0;
};

constexpr uint64_t kFlagResetOnFork = 0x01;  // SCHED_FLAG_RESET_ON_FORK

}  // namespace procmark::conformance
