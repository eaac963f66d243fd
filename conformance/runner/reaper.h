// The reaper of one test: pid 1 of the test's pid namespace. It starts the test's process, reaps
// orphans, enforces the deadline, looks for what is left behind, and takes everything with it.
#pragma once

#include <sys/types.h>

#include <string>

#include "conformance/runner/isolation.h"

namespace procmark::conformance {

// All that the reaper needs. Descriptors are the reaper's own copies, inherited by the fork.
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

// In the new process of ForkIsolated. Never returns; dies with the runner.
[[noreturn]] void RunReaper(const ReaperTask& task);

// Kills every process of a session but the caller, until none is left or half a minute has
// passed: what takes the place of the death of a pid namespace where there is none.
void KillSession(pid_t session);

}  // namespace procmark::conformance
