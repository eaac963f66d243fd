// SPDX-License-Identifier: MIT
// The runner: the process that does a guest's job. PID 1 only starts it and waits for its end.
#pragma once

#include <functional>
#include <string>

#include "harness/sys/pid.h"
#include "harness/sys/result.h"

namespace procmark::guest {

// Forks; `body` runs in the child, and what it returns becomes its exit status. The child sends no
// signal when it ends and stays a zombie until it is waited for, although the caller ignores
// SIGCHLD: do_notify_parent() reaps by itself only children whose exit signal is SIGCHLD. The
// caller must be single-threaded.
sys::Result<sys::Pid> StartRunner(const std::function<int()>& body);

// Waits for the runner's end and reaps it. Returns "" when it exited with 0, else how it ended and
// what the kernel's log last said about it: "was killed by signal 11 (SIGSEGV); the kernel says:
// init[57]: segfault at …".
std::string AwaitEnd(sys::Pid runner);

}  // namespace procmark::guest
