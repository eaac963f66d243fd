// SPDX-License-Identifier: MIT
// Threads by raw clone(2), joined by futex(2), without a C library.
#pragma once

#include <linux/sched.h>

#include "bench/subject/context.h"
#include "bench/subject/futex.h"

namespace procmark::subject {

// The flags of glibc's pthread_create, without CLONE_SETTLS.
inline constexpr unsigned long kThreadFlags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
                                              CLONE_THREAD | CLONE_SYSVSEM | CLONE_PARENT_SETTID |
                                              CLONE_CHILD_CLEARTID;

// Returns when the kernel has cleared `tid`: the thread is gone (set_tid_address(2)).
[[gnu::always_inline]] inline void JoinThread(int* tid) { AwaitWord(*tid, 0); }

// Ends the calling thread only.
[[noreturn, gnu::always_inline]] inline void ExitThread() {
  sys::RawSyscall(__NR_exit, 0);
  __builtin_unreachable();
}

}  // namespace procmark::subject
