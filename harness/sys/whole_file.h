// SPDX-License-Identifier: MIT
// Whole files as bytes. Both functions throw a Complaint (lost) with the file's name when not all
// of it was read or written: half a file must never look like a whole one.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace procmark::sys {

std::string ReadWholeFile(const std::filesystem::path& path);
// Replaces what the file held.
void WriteWholeFile(const std::filesystem::path& path, std::string_view content);

}  // namespace procmark::sys
