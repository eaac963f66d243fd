// SPDX-License-Identifier: MIT
// Sysroots: the headers and static libraries that the programs of an architecture are built from.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "images/host/cache.h"

namespace procmark::images {

// The Debian releases that programs are built from, on every host: the first, and the second where
// the mirror does not hold what the first one's lists promise (seen for s390x and ppc64el).
inline constexpr const char* kSysrootSuites[] = {"trixie", "forky"};

struct Sysroot {
  std::string arch;
  std::filesystem::path path;
  nlohmann::json packages;  // file names of what it was made from, sorted
};

// The sysroot of `arch`: the one in the cache, or a new one when there is none or `refresh` is set
// (a sysroot never changes by itself: the programs' bytes come from it). It holds the C and C++
// libraries, liburing, libnuma, nlohmann-json and the kernel's headers, GoogleTest's source as
// usr/src/googletest and Google Benchmark's as usr/src/benchmark. A line on stderr says so when it
// is not of the first release.
// Throws Complaint: usage for an unknown architecture, lost for network and disk.
Sysroot AcquireSysroot(const Cache& cache, const std::string& arch, bool refresh);

}  // namespace procmark::images
