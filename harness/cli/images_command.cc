// SPDX-License-Identifier: MIT
// `images …`: executes the images tool with the same words.
#include <fmt/core.h>
#include <unistd.h>

#include "harness/cell/installation.h"
#include "harness/cli/commands.h"
#include "harness/sys/complaint.h"
#include "harness/sys/result.h"

namespace procmark::cli {

int Images(const std::vector<std::string>& words) {
  const std::string tool = cell::FindImagesTool().string();
  std::vector<char*> argv = {const_cast<char*>(tool.c_str())};
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execv(tool.c_str(), argv.data());
  sys::ThrowLost(fmt::format("cannot start {}: {}", tool, sys::LastError("exec").Text()));
}

}  // namespace procmark::cli
