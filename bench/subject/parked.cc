// SPDX-License-Identifier: MIT
#include "bench/subject/parked.h"

#include <linux/futex.h>
#include <linux/mman.h>
#include <linux/sched.h>

#include "harness/sys/raw_syscall.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

constexpr unsigned long kStackBytes = 8 * 1024;
constexpr unsigned long kFlags =
    CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;

void Park(void* argument) {
  int* const awake = static_cast<int*>(argument);
  __atomic_store_n(awake, 1, __ATOMIC_RELEASE);
  RawSyscall(__NR_futex, RawArg(awake), FUTEX_WAKE, 1);
  while (true) RawSyscall(__NR_ppoll, 0, 0, 0, 0, 0);
}

}  // namespace

long ParkThreads(uint32_t count) {
  const long stacks = sys::RawMmap(nullptr, kStackBytes * count, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1);
  if (sys::RawFailed(stacks)) return stacks;
  char* top = reinterpret_cast<char*>(stacks);
  for (uint32_t i = 0; i < count; ++i) {
    top += kStackBytes;
    int awake = 0;
    const long tid = sys::RawCloneOnStack(kFlags, top, nullptr, nullptr, Park, &awake);
    if (tid < 0) return tid;
    while (__atomic_load_n(&awake, __ATOMIC_ACQUIRE) == 0)
      RawSyscall(__NR_futex, RawArg(&awake), FUTEX_WAIT, 0, 0);
  }
  return static_cast<long>(count);
}

}  // namespace procmark::subject
