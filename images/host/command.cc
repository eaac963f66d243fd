// SPDX-License-Identifier: MIT
#include "images/host/command.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <sstream>

#include "harness/sys/child.h"
#include "harness/sys/complaint.h"
#include "images/host/cache.h"

namespace procmark::images {
namespace {

constexpr long long kLongestMs = 15 * 60 * 1000;

}  // namespace

ToolResult TryTool(const std::vector<std::string>& argv, const std::filesystem::path& folder,
                   const std::map<std::string, std::string>& environment) {
  std::map<std::string, std::string> variables = environment;
  variables.insert_or_assign("LC_ALL", std::string("C"));
  const sys::Result<sys::CommandOutput> output =
      sys::RunCommand(argv, sys::Deadline::After(kLongestMs), variables);
  if (!output) {
    const sys::Error error = output.Failure();
    if (error.error_number == ENOENT) {
      sys::ThrowUsage(fmt::format("{} is not installed: install it and try again", argv.front()));
    }
    sys::ThrowLost(fmt::format("{} did not end well: {}", argv.front(), error.Text()));
  }
  ToolResult result{output.Value().out, output.Value().err, output.Value().status == 0};
  if (!result.ok && result.err.find("No space left on device") != std::string::npos) {
    ThrowDiskFull(folder);
  }
  return result;
}

std::string RunTool(const std::string& what, const std::vector<std::string>& argv,
                    const std::filesystem::path& folder,
                    const std::map<std::string, std::string>& environment) {
  ToolResult result = TryTool(argv, folder, environment);
  if (!result.ok) sys::ThrowLost(fmt::format("{}: {}", what, ErrorLines(result.err)));
  return std::move(result.out);
}

std::string ErrorLines(const std::string& err) {
  std::string errors;
  std::string last;
  std::istringstream lines(err);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    last = line;
    if (!line.starts_with("E: ")) continue;
    if (!errors.empty()) errors += "; ";
    errors += line.substr(3);
  }
  if (!errors.empty()) return errors;
  return last.empty() ? "it gave no reason" : last;
}

void Progress(const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }

}  // namespace procmark::images
