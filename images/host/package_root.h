// SPDX-License-Identifier: MIT
// PackageRoot: Debian packages with all they depend on, as an initramfs for a guest.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "images/host/cache.h"

namespace procmark::images {

struct PackageRoot {
  std::filesystem::path archive;  // an uncompressed cpio archive, in the cache
  std::string sha256;             // of the archive
  nlohmann::json packages;        // file names of what it was made from, sorted
};

// The root of the packages `names` of a Debian suite for `arch`: the one in the cache, or a new one
// when there is none or `refresh` is set. Packages are only unpacked: their scripts are not run, so
// there is no ld.so.cache, no user but root, no alternative. Documentation and translations are
// left out. Equal packages give equal bytes. Throws Complaint: usage for an unknown architecture
// or a host without a Debian mirror; lost for network and disk.
PackageRoot AcquirePackageRoot(const Cache& cache, const std::string& suite,
                               const std::string& arch, std::vector<std::string> names,
                               bool refresh);

// The files, folders and links under `folder` as an initramfs, in the order of their paths. A file
// keeps of its mode only whether it can be executed. Throws Complaint (lost) for what cannot be
// read and for anything else than files, folders and links.
std::string ArchiveOf(const std::filesystem::path& folder);

}  // namespace procmark::images
