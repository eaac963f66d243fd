// Which tests has no wrong kernel made fail?
#pragma once

#include <string>

namespace procmark::mutation {

// Prints every test of the program but its canaries that neither the table of faults nor the list
// for qemu-user names, then the count. Always returns 0.
int PrintNeverFailed(const std::string& conformance, const std::string& faults,
                     const std::string& pins);

}  // namespace procmark::mutation
