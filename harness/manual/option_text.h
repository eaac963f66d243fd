// SPDX-License-Identifier: MIT
// How options and usages are written, in the help and in the manual page alike.
#pragma once

#include <string>

#include "harness/manual/description.h"

namespace procmark::manual {

// "--plan FILE", "-h, --help", "RUN".
std::string NamesOf(const OptionText& option);

// The sentence, the values that are allowed, and whether the option may be repeated.
std::string SentenceOf(const OptionText& option);

// What follows the name of the command: " [OPTIONS] COMMAND".
std::string UsageOf(const CommandText& command);

}  // namespace procmark::manual
