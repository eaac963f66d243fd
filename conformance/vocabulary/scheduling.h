// SPDX-License-Identifier: MIT
// The calling thread's scheduling policy, priority and nice value, as the kernel has them: the C
// library may return values that it has cached.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace procmark::conformance {

inline long Policy() { return ::syscall(SYS_sched_getscheduler, 0); }
inline int Priority() {
  sched_param parameter{};
  return ::syscall(SYS_sched_getparam, 0, &parameter) == 0 ? parameter.sched_priority : -1;
}
inline int Nice() { return ::getpriority(PRIO_PROCESS, 0); }

// The errno of sched_setscheduler(2), or 0.
inline int SetPolicy(int policy, int priority) {
  const sched_param parameter{priority};
  return ::syscall(SYS_sched_setscheduler, 0, policy, &parameter) == 0 ? 0 : errno;
}

}  // namespace procmark::conformance

// For a test that sets the nice value `most`: an ordinary user can only raise the nice value.
#define SKIP_IF_NICER_THAN(most)                                                          \
  if (::procmark::conformance::Nice() > (most))                                           \
  GTEST_SKIP() << "the tests run with the nice value " << ::procmark::conformance::Nice() \
               << ", this user may not lower it, "                                        \
               << "and the test needs " << (most) << " or less"
