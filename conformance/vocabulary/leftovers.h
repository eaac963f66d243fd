// SPDX-License-Identifier: MIT
// Leftovers: tests make cgroups and trace instances in file systems of the whole machine. The name
// of each says which test of which runner owns it, so that it can be removed after a crash, a
// timeout or the death of the runner.
#pragma once

#include <string>

namespace procmark::conformance {

// Called by the runner before it forks the process of its `number`-th test: sets the test's number
// in the names that this process makes.
void SetNamesOfTest(long number);

// A unique name: "procmark.NAMESPACE.PID.START.TEST.RANDOM". The first three describe the runner:
// the inode of its pid namespace, its pid there, and its start in ticks since boot. Throws
// std::system_error when no random number is available.
std::string NewMachineName();

// Thaws a cgroup of either version, kills its members and those of the cgroups below it through
// pidfds, and removes them all. False when it still exists after `patience_ms`.
bool RemoveCgroup(const std::string& path, long long patience_ms);

// Removes a trace instance. False when it still exists after `patience_ms`.
bool RemoveTraceInstance(const std::string& path, long long patience_ms);

// Called by the runner when all processes of its `number`-th test are gone: removes everything with
// the test's name. The paths found, one per line, with a note when a path could not be removed.
// "" when there were none.
std::string SweepTest(long number);

// Called by the runner at its start: removes what dead runners of this pid namespace left behind.
void SweepDeadRunners();

}  // namespace procmark::conformance
