// SPDX-License-Identifier: MIT
// What a program inherits from its caller: signals, descriptors and the file mode mask. Each
// program of the project sets them to a known state at its start, so that its results do not depend
// on how it was started.
#pragma once

#include <string>

namespace procmark::sys {

// SIGCHLD and SIGPIPE get their default actions and no signal is blocked. A caller that ignores
// SIGCHLD would otherwise take the exit status of every child away.
void SetKnownSignals();

// Standard descriptors that are closed get /dev/null, so that no later file gets their numbers.
// Writes to a standard output that was closed still fail (EBADF). Where standard output or error
// has O_NONBLOCK, writes to it block again, so that no output is lost.
void SetKnownDescriptors();

// The owner keeps every right on new files: with a umask of 0777 a program cannot read its own.
// The rights of others stay as the user wants them.
void KeepOwnFilesUsable();

// Flushes stdout. Returns one sentence when not all of the output was written, else "".
std::string WhyOutputIsIncomplete();

}  // namespace procmark::sys
