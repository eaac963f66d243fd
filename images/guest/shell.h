// A shell for a person on the guest's console, in place of a job's programs.
#pragma once

#include <string>

namespace procmark::guest {

// Runs busybox's sh on the terminal that the kernel's command line names last as its console
// (console=ttyS0: /dev/ttyS0), in a session of its own, and returns when it ends. Throws
// std::runtime_error when there is no such terminal or no busybox in the image.
void RunShell(const std::string& command_line);

}  // namespace procmark::guest
