// SPDX-License-Identifier: MIT
// Calls of ptrace(2) for tests: attaching, resuming, and what the tracer's wait reports.
#pragma once

#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>

#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/refusal.h"

namespace procmark::conformance {

// The raw status of a stop without an event, and of one with an event (ptrace(2)).
constexpr int StopStatus(int signal) { return (signal << 8) | 0x7f; }
constexpr int EventStatus(int event, int signal = SIGTRAP) {
  return ((signal | (event << 8)) << 8) | 0x7f;
}

// ptrace(2) itself: -1 with errno set on failure. Async-signal-safe.
inline long Ptrace(__ptrace_request request, pid_t pid, long data = 0) {
  const long result = ::ptrace(request, pid, nullptr, data);
  if (result < 0 && errno == EPERM) NoteRefusal(Refusal::kPtrace);
  return result;
}

// All throw std::system_error when the kernel refuses the call: use them where the call is not what
// the test asserts. `pid` must be positive.
inline void Seize(pid_t pid, long options) {
  if (Ptrace(PTRACE_SEIZE, pid, options) != 0) ThrowErrno("PTRACE_SEIZE", errno);
}
inline void Resume(pid_t pid, int signal = 0) {
  if (Ptrace(PTRACE_CONT, pid, signal) != 0) {
    ThrowErrno("PTRACE_CONT", errno);
  }
}
inline void Detach(pid_t pid) {
  if (Ptrace(PTRACE_DETACH, pid) != 0) ThrowErrno("PTRACE_DETACH", errno);
}
inline unsigned long EventMessage(pid_t pid) {
  unsigned long message = 0;
  if (::ptrace(PTRACE_GETEVENTMSG, pid, nullptr, &message) != 0) {
    ThrowErrno("PTRACE_GETEVENTMSG", errno);
  }
  return message;
}

// Waits for the next report about this tracee. Its raw status.
inline int NextReport(pid_t pid) {
  const Waited waited = Wait4(pid, __WALL);
  if (waited.pid != pid) ThrowErrno("wait4", waited.error);
  return waited.status;
}

// True when this tracee has no report for its tracer. Does not block.
inline bool NoReport(pid_t pid) { return Wait4(pid, WNOHANG | WUNTRACED | __WALL).pid == 0; }

// The steps of a tracer that is not the tracee's parent. It seizes the tracee on request, reports
// that it has, and continues on request.
struct TracerSteps {
  Handshake start;
  Handshake traced;
  Handshake go_on;
};

// A child of the test that any process may trace and that ends with `status` when the gate opens.
inline ScopedChild ForkTracee(const Handshake& gate, int status) {
  const Handshake ready;
  ScopedChild tracee = Fork([&ready, &gate, status] {
    // This permits tracing where Yama restricts it to ancestors. Elsewhere it fails with EINVAL.
    (void)::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    ready.Notify();
    return gate.Await() ? status : 1;
  });
  if (!ready.Await()) ThrowErrno("start of a tracee", ETIMEDOUT);
  return tracee;
}

}  // namespace procmark::conformance
