// SPDX-License-Identifier: MIT
// Descriptors that many tests need: pipes, files in memory and pidfds.
#pragma once

#include <sys/types.h>

#include <cstddef>

#include "harness/sys/fd.h"

namespace procmark::conformance {

// pipe2(2) with O_CLOEXEC. Throws std::system_error.
sys::Pipe MakePipe();

// A file of `bytes` zeros that needs no file system; close-on-exec. Throws std::system_error.
sys::Fd MemoryFile(size_t bytes = 0);

// pidfd_open(2). Invalid, with errno set, on failure. Async-signal-safe.
sys::Fd OpenPidfd(pid_t pid, unsigned flags = 0);

// True when this kernel has pidfds of threads (Linux 6.9). The tests also use it for other changes
// of that release.
bool HasThreadPidfds();

// pidfd_send_signal(2): 0, or -1 with errno set. Async-signal-safe.
int SendThroughPidfd(int pidfd, int signal, unsigned flags = 0);

// What poll(2) shows at once for POLLIN (POLLHUP comes unasked); 0 when the descriptor is not
// ready. Async-signal-safe.
short PollNow(int fd);

}  // namespace procmark::conformance
