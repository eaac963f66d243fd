// Sysroots: the headers and static libraries that the programs of an architecture are built from.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "images/cache.h"

namespace procmark::images {

// The Debian release that all programs are built from, on every host.
inline constexpr const char* kSysrootSuite = "trixie";

struct Sysroot {
  std::string arch;
  std::filesystem::path path;
  nlohmann::json packages;  // file names of what it was made from, sorted
};

// The sysroot of `arch`: the one in the cache, or a new one when there is none or `refresh` is set
// (a sysroot never changes by itself: the programs' bytes come from it). It holds the C and C++
// libraries, liburing, libnuma, nlohmann-json and the kernel's headers, GoogleTest's source as
// usr/src/googletest and Google Benchmark's as usr/src/benchmark.
// Throws Complaint: usage for an unknown architecture, lost for network and disk.
Sysroot AcquireSysroot(const Cache& cache, const std::string& arch, bool refresh);

}  // namespace procmark::images
