// SPDX-License-Identifier: MIT
// What a run records about where it was measured: the machine, and the procmark that measured.
#pragma once

#include <map>
#include <string>

namespace procmark::cli {

// The facts of cell::DescribeHost(), and "procmark": the version of this build.
std::map<std::string, std::string> DescribeEnvironment();

}  // namespace procmark::cli
