// SPDX-License-Identifier: MIT
// Debian packages unpacked into a folder; their own scripts are never run.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace procmark::images {

// Unpacks every .deb of `debs` into `root`. Throws Complaint (lost).
void UnpackPackages(const std::filesystem::path& debs, const std::filesystem::path& root);

// Removes documentation and translations.
void RemoveDocumentation(const std::filesystem::path& root);

// Makes those of `names` ("lib", "bin") that `root` does not have links to the ones in usr, which
// are made when absent: where Debian's packages since trixie have their files.
void LinkToUsr(const std::filesystem::path& root, const std::vector<std::string>& names);

}  // namespace procmark::images
