// The map of this folder: a command line becomes a command (command/), which makes a plan (plan/)
// into work for cells (cell/), records what they say (store/), judges it (stats/, compare/) and
// shows it (report/).
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "harness/command/command.h"
#include "harness/sys/complaint.h"
#include "harness/sys/interrupt.h"

namespace {

using procmark::sys::ExitCode;

std::string FromEnvironment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

int Main(int argc, char** argv) {
  CLI::App app(
      "procmark: benchmarks and conformance tests of Linux process management, on the bare machine "
      "and in QEMU guests",
      "./run.sh");
  procmark::command::Context context{FromEnvironment("PROCMARK_RESULTS", "results"),
                                     FromEnvironment("PROCMARK_PROJECT", ".")};
  procmark::command::Action chosen;
  app.add_option("--results", context.results, "where runs and baselines are kept");
  app.require_subcommand(1);
  procmark::command::RegisterRun(app, context, chosen);
  procmark::command::RegisterCompare(app, context, chosen);
  procmark::command::RegisterReport(app, context, chosen);
  procmark::command::RegisterList(app, context, chosen);
  procmark::command::RegisterAccept(app, context, chosen);
  procmark::command::RegisterImages(app, chosen);
  procmark::command::RegisterDoctor(app, chosen);
  procmark::command::RegisterShell(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : static_cast<int>(ExitCode::kUsage);
  }
  procmark::sys::Interrupt::Install();
  return chosen();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Main(argc, argv);
  } catch (const procmark::sys::Complaint& complaint) {
    fmt::print(stderr, "procmark: {}\n", complaint.what());
    return static_cast<int>(complaint.Code());
  } catch (const std::exception& error) {
    fmt::print(stderr, "procmark: something that should not happen did: {}\n", error.what());
    return static_cast<int>(ExitCode::kLost);
  }
}
