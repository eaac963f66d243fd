// SPDX-License-Identifier: MIT
// Small files and folders, above all those of /proc and /sys.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace procmark::conformance {

// The text of a small file, "" when it cannot be read.
std::string TextOf(const std::string& path);

// Writes a file by one write(2). The errno, or 0. Async-signal-safe, apart from the making of the
// strings.
int WriteText(const std::string& path, const std::string& text);

// The number at the start of the value in a line "KEY VALUE" or "KEY: VALUE" of `text`: 3 for the
// key "max" and the line "max 3". `absent` when there is no such line.
long ValueIn(const std::string& text, const std::string& key, long absent);

// The names in a folder without "." and "..", in no order. Empty when the folder cannot be opened.
std::optional<std::vector<std::string>> NamesIn(const std::string& folder);

}  // namespace procmark::conformance
