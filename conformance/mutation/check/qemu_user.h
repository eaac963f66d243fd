// SPDX-License-Identifier: MIT
// Runs the tests under qemu-user, which translates system calls and gets parts of process
// management wrong. qemu-user.json pins the tests that must fail there.
#pragma once

#include <string>

namespace procmark::mutation {

struct QemuPaths {
  std::string conformance;  // the program under test, static
  std::string qemu;         // qemu-x86_64-static or qemu-x86_64; empty: the first one on PATH
  std::string pins;         // qemu-user.json
};

// Runs the core tests `rounds` times and pins those that failed each time. Tests that are in a
// group stay there. New ones go to a group that CheckQemuFailures refuses until a person has moved
// them to a group that gives the reason. Returns 0.
int FindQemuFailures(const QemuPaths& paths, int rounds);

// Runs the pinned tests, and those that pass up to twice more. Returns the exit code: 0 when each
// failed; 1 when one passes under the pinned version of QEMU, or when a smaller share than
// least_share fails under another version; 77 when qemu-user is not installed or no pid namespace
// can be made.
int CheckQemuFailures(const QemuPaths& paths);

}  // namespace procmark::mutation
