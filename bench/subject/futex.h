// SPDX-License-Identifier: MIT
// Words that tasks wait on by futex(2), without a C library.
#pragma once

#include <linux/futex.h>

#include "harness/sys/raw_syscall.h"

namespace procmark::subject {

// WakeWord() wakes all tasks that wait.
inline constexpr long kEverybody = 0x7fffffff;

// Returns when the word has that value. The task that stores it must call WakeWord().
[[gnu::always_inline]] inline void AwaitWord(int& word, int value) {
  int seen = 0;
  while ((seen = __atomic_load_n(&word, __ATOMIC_ACQUIRE)) != value)
    sys::RawSyscall(__NR_futex, sys::RawArg(&word), FUTEX_WAIT, seen, 0);
}

[[gnu::always_inline]] inline void WakeWord(int& word, long most) {
  sys::RawSyscall(__NR_futex, sys::RawArg(&word), FUTEX_WAKE, most);
}

}  // namespace procmark::subject
