// SPDX-License-Identifier: MIT
// The reaper of one test is pid 1 of the test's pid namespace. It starts the process of the test,
// reaps orphans, enforces the deadline and reports what the test left behind. When it ends, the
// kernel kills every process of the namespace.
#pragma once

#include <sys/types.h>

#include <string>

#include "conformance/runner/isolation.h"

namespace procmark::conformance {

// What the reaper has to do. The fork gave it copies of the descriptors.
struct ReaperTask {
  std::string test;
  Isolation isolation = Isolation::kNone;
  long long deadline_ms = 0;
  int report_fd = -1;  // records go here
  int output_fd = -1;  // becomes the test's standard output and error
  int runner_pidfd = -1;
  uid_t uid = 0;
  gid_t gid = 0;
};

// To be called in the process that ForkIsolated made. Never returns. Ends when the runner ends.
[[noreturn]] void RunReaper(const ReaperTask& task);

// Kills every process of a session except the caller, until none is left or half a minute has
// passed. Without a pid namespace this is how the processes of a test are ended.
void KillSession(pid_t session);

}  // namespace procmark::conformance
