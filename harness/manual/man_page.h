// SPDX-License-Identifier: MIT
// The manual page of a program, for man(1).
#pragma once

#include <string>
#include <vector>

#include "harness/manual/description.h"

namespace procmark::manual {

// In the macros of groff_man(7), section 1. `called` is what a user types for the program.
std::string RenderManPage(const CommandText& program, const std::string& called,
                          const std::vector<Section>& sections);

}  // namespace procmark::manual
