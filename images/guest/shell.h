// SPDX-License-Identifier: MIT
// A shell on the console of the guest, instead of the programs of a job.
#pragma once

#include <string>

namespace procmark::guest {

// Runs busybox's sh on the terminal that the kernel's command line names last as its console
// (console=ttyS0: /dev/ttyS0), in a session of its own, and returns when it ends. Throws
// std::runtime_error when there is no such terminal or no busybox in the image.
void RunShell(const std::string& command_line);

}  // namespace procmark::guest
