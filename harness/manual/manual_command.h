// SPDX-License-Identifier: MIT
// The hidden command `manual`, by which the build makes a program write its own manual.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/manual/completion.h"
#include "harness/manual/description.h"

namespace procmark::manual {

// Adds `manual man|completion` to `app`. When it is given, `chosen` is called with that word.
void AddManualCommand(CLI::App& app, const std::function<void(const std::string&)>& chosen);

// The manual page ("man") or the bash completion ("completion") of `app`, which a user calls as
// `called`. The completion of a program, whose name has no space, holds the entry for bash.
std::string RenderManual(const std::string& what, const CLI::App& app, const std::string& called,
                         const std::vector<Section>& sections, const ValueCommands& values);

}  // namespace procmark::manual
