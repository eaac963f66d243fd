// SPDX-License-Identifier: MIT
// Manifest: the hashes of all files under a folder, to tell whether they are still what they were.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace procmark::images {

// Relative path -> SHA-256 of each regular file; "link:TARGET" for a symbolic link.
using Manifest = std::map<std::string, std::string>;

// Throws Complaint (lost) when a file cannot be read.
Manifest HashFolder(const std::filesystem::path& folder);

// One sentence about the first difference between the folder and the manifest; "" when there is
// none. Never throws for a damaged folder.
std::string FirstDifference(const std::filesystem::path& folder, const Manifest& expected);

}  // namespace procmark::images
