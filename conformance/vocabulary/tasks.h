// SPDX-License-Identifier: MIT
// The tasks that a test can see, as a table for failures and timeouts.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace procmark::conformance {

// The processes in /proc without `except`, in ascending order. With session != 0 only those of that
// session: a test without a pid namespace of its own sees the whole machine.
std::vector<pid_t> ListProcesses(pid_t except, pid_t session);

// One line for each thread of each process: pid, tid, ppid, pgrp, sid, state, threads, comm, then
// the tracer, the masks of signals that are not empty, and wchan. Leaves out tasks that end
// meanwhile. Ends with a newline unless it is empty.
std::string DescribeTasks(const std::vector<pid_t>& processes);

// DescribeTasks of this test: of its pid namespace without init, or of its session.
std::string DescribeOwnTasks();

// The runner calls it once in every test's process, with 0 in a pid namespace of its own, else with
// the test's session.
void SetTaskSession(pid_t session);

// True when this test has a pid namespace of its own. Its init, pid 1, is the runner's reaper.
bool InOwnPidNamespace();

}  // namespace procmark::conformance
