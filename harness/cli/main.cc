// The map of this folder: a command line becomes a command (command/), which makes a plan (plan/)
// into work for cells (cell/), records what they say (store/), judges it (stats/, compare/) and
// shows it (report/).
#include <fmt/core.h>

#include <cstdlib>
#include <exception>

#include "harness/cli/command_line.h"
#include "harness/sys/complaint.h"

namespace {

const char* FromEnvironment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return procmark::cli::RunCommandLine(
        argc, argv,
        {FromEnvironment("PROCMARK_RESULTS", "results"), FromEnvironment("PROCMARK_PROJECT", ".")});
  } catch (const procmark::sys::Complaint& complaint) {
    fmt::print(stderr, "procmark: {}\n", complaint.what());
    return static_cast<int>(complaint.Code());
  } catch (const std::exception& error) {
    fmt::print(stderr, "procmark: something that should not happen did: {}\n", error.what());
    return static_cast<int>(procmark::sys::ExitCode::kLost);
  }
}
