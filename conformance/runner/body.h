// SPDX-License-Identifier: MIT
// The process of one test: runs the test under GoogleTest and reports its results to the runner.
#pragma once

#include <string>

namespace procmark::conformance {

// Runs the named test and no other in the calling process, writes its records to `report_fd`,
// reports children that the test left behind, and ends the process.
[[noreturn]] void RunTestBody(const std::string& test, int report_fd);

}  // namespace procmark::conformance
