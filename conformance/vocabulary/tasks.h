// The tasks that a test can see, as a table for people: what failures and timeouts show.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace procmark::conformance {

// The processes in /proc but `except`, ascending. With session != 0 only those of that session
// (a test that has no pid namespace of its own sees the whole machine).
std::vector<pid_t> ListProcesses(pid_t except, pid_t session);

// One line for each thread of each process: pid tid ppid pgrp sid state threads comm, then the
// tracer and the masks of signals that are not empty, and wchan. Tasks that vanish meanwhile are
// left out. Ends with a newline unless empty.
std::string DescribeTasks(const std::vector<pid_t>& processes);

// What this test can see of itself: its pid namespace without init, or its session.
std::string DescribeOwnTasks();

// Set once by the runner in every test's process: 0 in a pid namespace of its own, else the session
// that holds the test.
void SetTaskSession(pid_t session);

// True when this test has a pid namespace of its own (its init, pid 1, is the runner's reaper).
bool InOwnPidNamespace();

}  // namespace procmark::conformance
