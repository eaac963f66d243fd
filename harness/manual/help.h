// SPDX-License-Identifier: MIT
// What --help prints.
#pragma once

#include <string>
#include <vector>

#include "harness/manual/description.h"

namespace procmark::manual {

// At most 80 columns wide, except where a word is longer. `called` is what the user types for this
// command: "./run.sh run".
std::string RenderHelp(const CommandText& command, const std::string& called,
                       const std::vector<Section>& sections);

// Lets `app`, and the commands that are added to it later, print RenderHelp(). The sections are
// shown by the program's own --help alone.
void UseHelp(CLI::App& app, const std::vector<Section>& sections);

// One sentence for a command line that CLI11 refused with the words `what`.
std::string DescribeError(const CLI::App& app, const std::string& what);

}  // namespace procmark::manual
