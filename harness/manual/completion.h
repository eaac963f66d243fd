// SPDX-License-Identifier: MIT
// Completion of a program's commands, options and values, for bash(1).
#pragma once

#include <map>
#include <string>

#include "harness/manual/description.h"

namespace procmark::manual {

// By the word for a value ("RUN"): a shell command that prints the values that exist, one a line.
using ValueCommands = std::map<std::string, std::string>;

// The bash function that completes `called`: _procmark_images for "procmark images". Its argument
// is the place of the first word after that. A command that passes its words on is completed by the
// function of its own name, which the other program renders. Values called FILE and FOLDER are
// completed as paths.
std::string RenderCompletion(const CommandText& program, const std::string& called,
                             const ValueCommands& values);

// What makes bash call the function of `program`, to stand behind all functions.
std::string RenderCompletionEntry(const std::string& program);

}  // namespace procmark::manual
