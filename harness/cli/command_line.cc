// SPDX-License-Identifier: MIT
#include "harness/cli/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "harness/cli/command_table.h"
#include "harness/cli/version.h"
#include "harness/manual/help.h"
#include "harness/manual/manual_command.h"
#include "harness/sys/complaint.h"
#include "harness/sys/interrupt.h"

namespace procmark::cli {
namespace {

// For the completion: how the values of an option are found.
const manual::ValueCommands kValues = {
    {"BENCHMARK", "procmark list benchmarks 2>/dev/null | cut -d' ' -f1"},
    {"CELL", "procmark list cells 2>/dev/null | cut -d' ' -f1"},
    {"RUN", "procmark list runs 2>/dev/null | cut -d' ' -f1"},
};

// Prints what the command line `words` needs to be built; ./run.sh asks. A wrong one needs nothing:
// it is refused when it is run itself.
int Needs(const std::vector<std::string>& words, const Context& context);

void AddNeeds(CLI::App& app, Line& line) {
  CLI::App* needs = app.add_subcommand("needs", "Say what a command needs to be built.");
  needs->prefix_command();
  needs->set_help_flag();
  needs->group("");  // hidden
  needs->callback([needs, &line] {
    line.chosen = [words = needs->remaining(), context = line.context] {
      return Needs(words, context);
    };
  });
}

void AddManual(CLI::App& app, Line& line) {
  manual::AddManualCommand(app, [&app, &line](const std::string& what) {
    line.chosen = [&app, what] {
      fmt::print("{}",
                 manual::RenderManual(what, app, "procmark", ManualSections("procmark"), kValues));
      return 0;
    };
  });
}

// An App keeps references into its Line.
struct Parser {
  explicit Parser(const Context& context, const std::string& program)
      : app("Benchmarks and conformance tests of Linux process management, on this machine and in "
            "QEMU guests",
            program) {
    line.context = context;
    line.program = program;
    app.set_help_flag("-h,--help", "Print this help.");
    manual::UseHelp(app, ManualSections(program));
    app.set_version_flag("--version", "procmark " + VersionText(),
                         "Print the version, its commit and whether it was modified.");
    AddCommands(app, line);
    AddNeeds(app, line);
    AddManual(app, line);
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  CLI::App app;
  Line line;
};

void ParseWords(Parser& parser, const std::vector<std::string>& words) {
  std::vector<std::string> reversed(words.rbegin(), words.rend());  // as CLI11 takes them
  parser.app.parse(std::move(reversed));
}

int Needs(const std::vector<std::string>& words, const Context& context) {
  Parser parser(context, "procmark");
  try {
    ParseWords(parser, words);
    PrintNeeds(parser.line.cells());
  } catch (const CLI::ParseError&) {
    return 0;  // --help, or a usage error that the command itself reports
  } catch (const sys::Complaint&) {
    return 0;  // the command itself reports it
  }
  return 0;
}

}  // namespace

int RunCommandLine(int argc, char** argv, const Context& context, const std::string& program) {
  Parser parser(context, program);
  try {
    ParseWords(parser, {argv + 1, argv + argc});
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return parser.app.exit(error);  // --help, --version
    sys::ThrowUsage(manual::DescribeError(parser.app, error.what()));
  }
  sys::Interrupt::Install();
  return parser.line.chosen();
}

}  // namespace procmark::cli
