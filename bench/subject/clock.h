// SPDX-License-Identifier: MIT
// The clocks of a subject: CLOCK_MONOTONIC through the vDSO, without a C library, and the CPU's own
// counter.
#pragma once

#include <linux/time_types.h>
#include <stdint.h>

#include "bench/subject/slice.h"
#include "harness/sys/raw_syscall.h"

namespace procmark::subject {

// One letter for each Clock, in a program's argument (programs/exit.h).
inline constexpr const char* kClockLetters[] = {"n", "t", "c"};
inline const char* ClockLetter(Clock clock) { return kClockLetters[static_cast<uint32_t>(clock)]; }

// Reads the CPU's counter: TSC, CNTVCT, cycle, timebase or TOD clock. driver/tick.h converts it to
// instructions, which is meaningful under QEMU's -icount only. `clock` is kTicks, or on riscv64
// also kCoarseTicks: the counter that programs may always read.
[[gnu::always_inline]] inline int64_t ReadTicks([[maybe_unused]] Clock clock) {
#if defined(__x86_64__)
  uint32_t low, high;
  asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
  return static_cast<int64_t>((static_cast<uint64_t>(high) << 32) | low);
#elif defined(__aarch64__)
  int64_t ticks;
  asm volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
  return ticks;
#elif defined(__riscv)
  int64_t ticks;
  if (clock == Clock::kTicks) {
    asm volatile("rdcycle %0" : "=r"(ticks) : : "memory");
  } else {  // under QEMU it advances once in a hundred instructions
    asm volatile("rdtime %0" : "=r"(ticks) : : "memory");
  }
  return ticks;
#elif defined(__powerpc64__)
  int64_t ticks;
  asm volatile("mfspr %0, 268" : "=r"(ticks) : : "memory");
  return ticks;
#elif defined(__s390x__)
  uint64_t ticks;
  asm volatile(".insn s, 0xb27c0000, %0" : "=Q"(ticks) : : "memory", "cc");  // stckf
  // Bit 63 has been set since 1972, so halve the ticks.
  return static_cast<int64_t>(ticks >> 1);
#elif defined(__arm__)
  uint32_t low, high;
  asm volatile("isb\n\tmrrc p15, 1, %0, %1, c14" : "=r"(low), "=r"(high) : : "memory");
  return static_cast<int64_t>((static_cast<uint64_t>(high) << 32) | low);
#else
#error "add this architecture (docs/adding-an-architecture.md)"
#endif
}

// clock_gettime(2) with 64-bit seconds.
using ClockGettime = int (*)(int clock, __kernel_timespec* now);

// The vDSO's clock_gettime, looked up by name in the image that AT_SYSINFO_EHDR points at
// (vdso(7)). nullptr if the kernel provides none. `auxv` is the array of (type, value) pairs that
// follows the environment on a new program's stack.
ClockGettime FindVdsoClock(const unsigned long* auxv);

// The same by a system call, for kernels without a vDSO.
int ClockBySyscall(int clock, __kernel_timespec* now);

// Nanoseconds of CLOCK_MONOTONIC, by one of the two.
[[gnu::always_inline]] inline int64_t ReadNanoseconds(ClockGettime gettime) {
  constexpr int kMonotonic = 1;  // CLOCK_MONOTONIC
  __kernel_timespec now;
  gettime(kMonotonic, &now);
  return static_cast<int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

}  // namespace procmark::subject
