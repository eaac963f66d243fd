// SPDX-License-Identifier: MIT
// The map of this folder: a command line (command_line) chooses a command (command_table), which
// makes a plan (plan/) into work for cells (execute/, cell/), records the results (store/), judges
// them (stats/, compare/) and shows them (report/).
#include <fmt/core.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>

#include "harness/cli/command_line.h"
#include "harness/sys/complaint.h"
#include "harness/sys/inherited.h"
#include "harness/sys/printable.h"

namespace {

namespace fs = std::filesystem;

std::string FromEnvironment(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

// The folder with plans/ and what else is read at run time: PREFIX/share/procmark of an installed
// PREFIX/bin/procmark, else the source tree.
fs::path Project() {
  std::error_code none;
  const fs::path program = fs::read_symlink("/proc/self/exe", none);
  const fs::path installed = program.parent_path().parent_path() / "share" / "procmark";
  return fs::exists(installed / "plans", none) ? installed : fs::path(PROCMARK_ROOT);
}

int Run(int argc, char** argv) {
  try {
    const std::string project = FromEnvironment("PROCMARK_PROJECT", Project().string());
    ::setenv("PROCMARK_PROJECT", project.c_str(), 1);  // for procmark-images
    return procmark::cli::RunCommandLine(argc, argv,
                                         {FromEnvironment("PROCMARK_RESULTS", "results"), project},
                                         FromEnvironment("PROCMARK_CALLED_AS", "procmark"));
  } catch (const procmark::sys::Complaint& complaint) {
    fmt::print(stderr, "procmark: {}\n", procmark::sys::TerminalLine(complaint.what()));
    return static_cast<int>(complaint.Code());
  } catch (const std::exception& error) {
    // A failed write to stdout also comes here; main() says it better.
    if (std::ferror(stdout) == 0) {
      fmt::print(stderr, "procmark: unexpected error: {}\n",
                 procmark::sys::TerminalLine(error.what()));
    }
    return static_cast<int>(procmark::sys::ExitCode::kLost);
  }
}

}  // namespace

int main(int argc, char** argv) {
  procmark::sys::SetKnownDescriptors();
  procmark::sys::SetKnownSignals();
  procmark::sys::KeepOwnFilesUsable();
  const int code = Run(argc, argv);
  const std::string incomplete = procmark::sys::WhyOutputIsIncomplete();
  if (incomplete.empty()) return code;
  fmt::print(stderr, "procmark: {}\n", incomplete);
  return static_cast<int>(procmark::sys::ExitCode::kLost);
}
