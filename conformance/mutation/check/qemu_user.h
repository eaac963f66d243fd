// Does the suite notice an imperfect Linux? qemu-user translates system calls and gets a part of
// process management wrong; the tests that must fail there are pinned in qemu-user.json.
#pragma once

#include <string>

namespace procmark::mutation {

struct QemuPaths {
  std::string conformance;  // the program under test, static
  std::string qemu;         // qemu-x86_64-static or qemu-x86_64; empty: the first on PATH
  std::string pins;         // qemu-user.json
};

// Runs the core set `rounds` times and writes what failed each time. Tests that have a group keep
// it; others go to a group that says that nobody has looked at them yet, which check refuses.
int FindQemuFailures(const QemuPaths& paths, int rounds);

// Runs the pinned tests once. Returns the exit code: 0 when each failed; 1 when one passed under
// the pinned version of QEMU, or when fewer than the pinned share failed under another; 77 when
// qemu-user is not installed or no pid namespace can be made.
int CheckQemuFailures(const QemuPaths& paths);

}  // namespace procmark::mutation
