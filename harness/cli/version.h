// SPDX-License-Identifier: MIT
// Which procmark this is: the version of the project and the commit that it was built from.
#pragma once

#include <string>

namespace procmark::cli {

struct Commit {
  const char* id;  // twelve hexadecimal digits; "" when the sources came without git
  bool modified;   // a tracked file differed from the commit when this was built
};

// Defined in a file that the build writes (cmake/version.cmake).
extern const Commit kCommit;

// "1.0.0 (0123456789ab)", "1.0.0 (0123456789ab, modified)" or "1.0.0 (unknown commit)".
std::string VersionText(const Commit& commit = kCommit);

}  // namespace procmark::cli
