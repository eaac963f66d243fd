// SPDX-License-Identifier: MIT
// Finds the tests that fail on no wrong kernel.
#pragma once

#include <string>

namespace procmark::mutation {

// Prints every test that neither the table of faults nor the list for qemu-user names, without the
// tests that are broken on purpose, and then the counts. Returns 0. Throws sys::Complaint when a
// file cannot be read or the program does not run.
int PrintNeverFailed(const std::string& conformance, const std::string& faults,
                     const std::string& pins);

}  // namespace procmark::mutation
