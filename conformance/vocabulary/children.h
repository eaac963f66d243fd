// SPDX-License-Identifier: MIT
// Kinds of children that many tests need, by Fork (process.h).
#pragma once

#include <csignal>
#include <cstdint>

#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/process.h"

namespace procmark::conformance {

// A child that waits for `end` and then exits with `status`; with 1 when `end` never comes.
inline ScopedChild ForkUntil(const Handshake& end, int status = 0) {
  return Fork([&end, status] { return end.Await() ? status : 1; });
}

// A child that has exited with `status` and has not been reaped.
inline ScopedChild ForkZombie(int status = 0) {
  ScopedChild child = Fork([status] { return status; });
  (void)child.AwaitZombie();
  return child;
}

// The pid of a new child, which has been reaped on return.
inline pid_t NextPid() {
  ScopedChild child = Fork([] { return 0; });
  (void)child.Reap();
  return child.Number();
}

// Arguments of clone3(2) for a plain child with the pid *pid, which must outlive the call. It needs
// CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE.
inline CloneArguments WithPid(const pid_t* pid) {
  CloneArguments arguments;
  arguments.exit_signal = SIGCHLD;
  arguments.set_tid = reinterpret_cast<uint64_t>(pid);
  arguments.set_tid_size = 1;
  return arguments;
}

}  // namespace procmark::conformance
