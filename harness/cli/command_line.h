// SPDX-License-Identifier: MIT
// The command line: argv -> one of the commands.
#pragma once

#include <string>

#include "harness/cli/commands.h"

namespace procmark::cli {

// Parses argv, runs the command and returns its exit code. `context` holds the folders that are
// used when no option names others; `program` is how the user calls this program ("./run.sh").
// Throws a usage Complaint for a command line that cannot be parsed, and what the command throws.
int RunCommandLine(int argc, char** argv, const Context& context, const std::string& program);

}  // namespace procmark::cli
