// SPDX-License-Identifier: MIT
// Runs tools of the host (apt, dpkg-deb, tar) to their end.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace procmark::images {

// What the tool printed, also when it failed.
struct ToolResult {
  std::string out;
  std::string err;
  bool ok = false;
};

// Runs argv with LC_ALL=C and `environment`, for at most 15 minutes. Throws Complaint: usage when
// the tool is not installed, lost when it hangs, lost when its errors report a full disk
// (`folder` is then named).
ToolResult TryTool(const std::vector<std::string>& argv, const std::filesystem::path& folder,
                   const std::map<std::string, std::string>& environment = {});

// As TryTool(), but a failure is a Complaint (lost) that begins with `what` and ends with the
// tool's own errors. Returns what it printed on stdout.
std::string RunTool(const std::string& what, const std::vector<std::string>& argv,
                    const std::filesystem::path& folder,
                    const std::map<std::string, std::string>& environment = {});

// The error lines of a tool's stderr (apt's "E:" lines when there are any), joined with "; ".
std::string ErrorLines(const std::string& err);

// Prints one line of progress to stderr.
void Progress(const std::string& line);

}  // namespace procmark::images
