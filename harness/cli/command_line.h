// The command line: argv -> one of the commands.
#pragma once

#include "harness/cli/commands.h"

namespace procmark::cli {

// Parses argv and does what it says. `defaults` are the folders when no option names others.
// Returns the exit code: 2, with CLI11's own words, for a line that cannot be parsed.
int RunCommandLine(int argc, char** argv, const Context& defaults);

}  // namespace procmark::cli
