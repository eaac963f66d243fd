// SPDX-License-Identifier: MIT
// What surrounds procmark on this machine and limits it: sysctls, limits, cgroups, a tracer …
#pragma once

#include <string>
#include <vector>

namespace procmark::cli {

struct Surrounding {
  std::string words;  // what is in force, and what it costs
  std::string mend;   // what the user can do about it; may be empty
};

// Those that are in force for this process. Empty where nothing limits procmark.
std::vector<Surrounding> SurroundingsInForce();

}  // namespace procmark::cli
