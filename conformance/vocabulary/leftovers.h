// Leftovers: what tests make in file systems of the whole machine (cgroups, trace instances) bears
// a name that says which test of which runner owns it, so that it can be removed after a crash, a
// timeout, or the death of the runner itself.
#pragma once

#include <string>

namespace procmark::conformance {

// In the runner, before it forks the process of its `number`-th test: names made there say so.
void SetNamesOfTest(long number);

// A name that nothing else has: "procmark.NAMESPACE.PID.START.TEST.RANDOM", the first three of the
// runner (the inode of its pid namespace, its pid there, its start in ticks since boot).
// Throws std::system_error without random numbers.
std::string NewMachineName();

// Thaws a cgroup (either version), kills what is in it and in those below it by pidfds, and removes
// them all. False when it is still there after `patience_ms`.
bool RemoveCgroup(const std::string& path, long long patience_ms);

// Removes a trace instance. False when it is still there after `patience_ms`.
bool RemoveTraceInstance(const std::string& path, long long patience_ms);

// In the runner, when all processes of its `number`-th test are gone: removes what bears the test's
// name. The paths found, one a line; those that could not be removed say so. "" when all was well.
std::string SweepTest(long number);

// In the runner, at its start: removes what runners of this pid namespace left that are dead by
// now.
void SweepDeadRunners();

}  // namespace procmark::conformance
