// The process of one test: runs its body under GoogleTest and tells the runner what came of it.
#pragma once

#include <string>

namespace procmark::conformance {

// In the test's own process. Runs exactly the named test, writes its records to report_fd, looks
// for children left behind, and ends the process.
[[noreturn]] void RunTestBody(const std::string& test, int report_fd);

}  // namespace procmark::conformance
