// The commands of procmark's command line. Each registers its options and, when it was the one
// given, leaves what to do in `chosen`; main() then does it and exits with what it returns.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>

namespace procmark::command {

struct Context {
  std::filesystem::path results;  // --results, $PROCMARK_RESULTS or ./results
  std::filesystem::path project;  // the source tree: default plan, expectations ($PROCMARK_PROJECT)
};

// Throws sys::Complaint, whose code is then the exit code.
using Action = std::function<int()>;

void RegisterRun(CLI::App& app, const Context& context, Action& chosen);
void RegisterCompare(CLI::App& app, const Context& context, Action& chosen);
void RegisterReport(CLI::App& app, const Context& context, Action& chosen);
void RegisterList(CLI::App& app, const Context& context, Action& chosen);
void RegisterAccept(CLI::App& app, const Context& context, Action& chosen);
void RegisterImages(CLI::App& app, Action& chosen);
void RegisterDoctor(CLI::App& app, Action& chosen);
void RegisterShell(CLI::App& app, Action& chosen);

}  // namespace procmark::command
