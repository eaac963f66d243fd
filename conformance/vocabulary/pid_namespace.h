// SPDX-License-Identifier: MIT
// Pid namespaces of a test's own, inside the one that the runner gave it.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>

#include <csignal>
#include <exception>
#include <utility>

#include "conformance/vocabulary/process.h"

namespace procmark::conformance {

// A child that is process 1 of a new pid namespace; otherwise as Clone (process.h).
template <typename Body>
ScopedChild CloneInit(Body body) {
  CloneArguments arguments;
  arguments.flags = CLONE_NEWPID;
  arguments.exit_signal = SIGCHLD;
  return Clone(arguments, std::move(body));
}

// True when this user may make pid namespaces here.
inline bool MayMakePidNamespaces() {
  try {
    return CloneInit([] { return 0; }).Reap() == 0;
  } catch (const std::exception&) {
    return false;
  }
}

#define SKIP_WITHOUT_PID_NAMESPACES()                   \
  if (!::procmark::conformance::MayMakePidNamespaces()) \
  GTEST_SKIP() << "this user may not make pid namespaces here"

}  // namespace procmark::conformance
