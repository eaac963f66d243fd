#include "harness/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>

#include "harness/cell/axis.h"
#include "harness/cli/version.h"
#include "harness/plan/filter.h"
#include "harness/plan/plan.h"
#include "harness/sys/complaint.h"
#include "harness/sys/interrupt.h"

namespace procmark::cli {
namespace {

// Everything that can be said on a command line, and what it comes to.
struct Line {
  Context context;
  RunOptions run;
  CompareOptions compare;
  OutcomeOptions report;
  std::string report_called;
  std::string list_what;
  std::string accept_called;
  std::string accept_as = "main";
  std::string shell_cell;
  bool json = false;
  std::function<int()> chosen;
  // The cells that `chosen` visits; nothing but the harness itself is needed when there are none.
  std::function<std::vector<std::string>()> cells = [] { return std::vector<std::string>(); };
};

// For commands that ask the programs of this machine what they offer.
std::vector<std::string> OnlyNative() { return {"native"}; }

void AddOutcome(CLI::App& command, OutcomeOptions& outcome) {
  command.add_option("--junit", outcome.junit, "also write junit.xml here");
  command.add_flag("--fail-on-inconclusive", outcome.fail_on_inconclusive,
                   "exit 4 when a benchmark stays inconclusive");
}

void AddRun(CLI::App& app, Line& line) {
  RunOptions& run = line.run;
  CLI::App& command =
      *app.add_subcommand("run", "Measure and test what a plan says (the main job)");
  command.add_option("--plan", run.plan, "a plan (default: plans/default.toml)");
  command.add_option("--cell", run.wishes.cells,
                     "run in this cell instead of the plan's; may be given again");
  command.add_option("--axis", run.wishes.axes,
                     "multiply guests by NAME=VALUE,VALUE…, e.g. cpu=qemu64,Haswell,max; NAME is "
                     "one of " +
                         cell::AxisNames());
  command.add_option("--filter", run.wishes.filter,
                     "only benchmarks and tests whose name this regular expression is found in");
  command.add_option("--benchmark", run.wishes.names,
                     "this benchmark, by its whole name; parameters may be composed at will "
                     "(fork/rss:48M/cpu:same/to:reaped); may be given again");
  command
      .add_option("--perf", run.perf,
                  "native cells: run each benchmark once more under perf stat or perf record")
      ->check(CLI::IsMember({"stat", "record"}));
  command.add_flag("!--no-benchmarks", run.wishes.benchmarks, "run tests only");
  command.add_flag("!--no-tests", run.wishes.tests, "run benchmarks only");
  command.add_option("--name", run.name, "call the run so");
  command.add_option("--resume", run.resume, "go on with an interrupted run");
  command.add_option("--against", run.against, "compare with this run or baseline");
  command.add_option("--rounds", run.rounds, "slices per benchmark on noisy clocks")
      ->check(CLI::Range(1, 10'000));
  command.add_option("--samples", run.samples, "samples per slice")
      ->check(CLI::Range(int64_t{1}, plan::kMostSamples));
  command.add_flag("--dry-run", run.dry_run, "print the commands instead of running them");
  command
      .add_option("--guest-silence-s", run.guest_silence_s,
                  "end a guest that says nothing for so many seconds")
      ->check(CLI::Range(1, 86'400));
  command.add_option("--guest-fault", run.guest_fault,
                     "canary: let guests fail on purpose (panic, hang, mute, garbage, exit, oops, "
                     "taint, flood, poweroff, reset, channel, segv)");
  command
      .add_option("--guest-output-mib", run.guest_output_mib,
                  "end a guest that writes more than so many MiB")
      ->check(CLI::Range(1, 1 << 16));
  command
      .add_flag("--no-snapshots", run.no_snapshots,
                "canary: boot a guest for every slice and part of the tests of an exact cell")
      ->group("");
  AddOutcome(command, run.outcome);
  command.footer("Axes of a cell ARCH/KERNEL/CPU/CLOCK+NAME=VALUE:\n" + cell::DescribeAxes());
  command.callback([&line] {
    const plan::Filter checked(line.run.wishes.filter, "--filter");
    line.chosen = [&line] { return Run(line.context, line.run); };
    line.cells = [&line] { return CellsOfRun(line.context, line.run); };
  });
}

void AddCompare(CLI::App& app, Line& line) {
  CompareOptions& compare = line.compare;
  CLI::App& command = *app.add_subcommand(
      "compare", "Hold B against A: two stored runs or baselines, or two cells, measured now");
  command.add_option("A", compare.a, "the side that is held against")->required();
  command.add_option("B", compare.b, "the candidate")->required();
  command.add_option("--filter", compare.wishes.filter,
                     "cells: only benchmarks and tests whose name this is found in");
  command.add_option("--benchmark", compare.wishes.names,
                     "cells: this benchmark, by its whole name; may be given again");
  command.add_flag("!--no-tests", compare.wishes.tests, "cells: benchmarks only");
  command.add_option("--name", compare.name, "cells: call the run so");
  command
      .add_option("--threshold", compare.threshold_percent,
                  "noisy clocks: the smallest effect that matters, in percent")
      ->check(CLI::Range(0.1, 100.0));
  AddOutcome(command, compare.outcome);
  command.callback([&line] {
    const plan::Filter checked(line.compare.wishes.filter, "--filter");
    line.chosen = [&line] { return Compare(line.context, line.compare); };
    line.cells = [&line] { return CellsOfComparison(line.context, line.compare); };
  });
}

void AddStored(CLI::App& app, Line& line) {
  CLI::App& report = *app.add_subcommand("report", "Show a stored run and write its reports again");
  report.add_option("RUN", line.report_called, "a run's id, name or folder, or a baseline's name")
      ->required();
  report.add_option("--junit", line.report.junit, "also write junit.xml here");
  report.callback([&line] {
    line.chosen = [&line] { return ShowReport(line.context, line.report_called, line.report); };
    line.cells = CellsOfStored;
  });
  CLI::App& accept = *app.add_subcommand("accept", "Make a run the baseline of a name");
  accept.add_option("RUN", line.accept_called, "a run's id, name or folder")->required();
  accept.add_option("--as", line.accept_as, "the baseline's name (default: main)");
  accept.callback([&line] {
    line.chosen = [&line] { return Accept(line.context, line.accept_called, line.accept_as); };
  });
}

void AddLookups(CLI::App& app, Line& line) {
  CLI::App& list = *app.add_subcommand("list", "List benchmarks, tests, cells, kernels or runs");
  list.add_option("WHAT", line.list_what, "benchmarks, tests, cells, kernels or runs")
      ->required()
      ->check(CLI::IsMember({"benchmarks", "tests", "cells", "kernels", "runs"}));
  list.add_flag("--json", line.json, "as JSON");
  list.callback([&line] {
    line.chosen = [&line] { return List(line.context, line.list_what, line.json); };
    if (line.list_what == "benchmarks" || line.list_what == "tests") line.cells = OnlyNative;
  });
  CLI::App& doctor = *app.add_subcommand("doctor", "Say what this machine can and cannot do");
  doctor.add_flag("--json", line.json, "as JSON");
  doctor.callback([&line] {
    line.chosen = [&line] { return Doctor(line.json); };
    line.cells = CellsOfDoctor;
  });
}

void AddPlaces(CLI::App& app, Line& line) {
  CLI::App* images = app.add_subcommand(
      "images", "List, build, verify and prune what boots (./run.sh images --help)");
  images->prefix_command();
  images->set_help_flag();
  images->callback(
      [images, &line] { line.chosen = [words = images->remaining()] { return Images(words); }; });
  CLI::App& shell = *app.add_subcommand("shell", "Give a shell in a cell, with its programs");
  shell.add_option("CELL", line.shell_cell, "native, or ARCH/KERNEL/CPU/CLOCK")->required();
  shell.callback([&line] {
    line.chosen = [&line] { return Shell(line.shell_cell); };
    line.cells = [&line] { return std::vector<std::string>{line.shell_cell}; };
  });
}

// `needs COMMAND …`, asked by ./run.sh. What that command would complain of it shall say itself.
int Needs(const std::vector<std::string>& words, const Context& defaults);

void AddNeeds(CLI::App& app, Line& line) {
  CLI::App* needs = app.add_subcommand("needs", "Say what a command needs to be built");
  needs->prefix_command();
  needs->set_help_flag();
  needs->group("");  // for ./run.sh, not for people
  needs->callback([needs, &line] {
    line.chosen = [words = needs->remaining(), defaults = line.context] {
      return Needs(words, defaults);
    };
  });
}

// Parses into `line`. An exit code when there is nothing to choose: help was given, or a complaint.
std::optional<int> Parse(const std::vector<std::string>& words, Line& line, bool quietly) {
  CLI::App app(
      "procmark: benchmarks and conformance tests of Linux process management, on the bare machine "
      "and in QEMU guests",
      "./run.sh");
  app.add_option("--results", line.context.results, "where runs and baselines are kept");
  app.set_version_flag("--version", "procmark " + VersionText());
  app.require_subcommand(1);
  AddRun(app, line);
  AddCompare(app, line);
  AddStored(app, line);
  AddLookups(app, line);
  AddPlaces(app, line);
  AddNeeds(app, line);
  try {
    std::vector<std::string> from_the_back(words.rbegin(), words.rend());  // as CLI11 takes them
    app.parse(std::move(from_the_back));
  } catch (const CLI::ParseError& error) {
    if (quietly) return 0;
    return app.exit(error) == 0 ? 0 : static_cast<int>(sys::ExitCode::kUsage);
  }
  return std::nullopt;
}

int Needs(const std::vector<std::string>& words, const Context& defaults) {
  Line line;
  line.context = defaults;
  try {
    if (Parse(words, line, true)) return 0;
    PrintNeeds(line.cells());
  } catch (const sys::Complaint&) {
    return 0;  // the command itself will say it
  }
  return 0;
}

}  // namespace

int RunCommandLine(int argc, char** argv, const Context& defaults) {
  Line line;
  line.context = defaults;
  if (const std::optional<int> code = Parse({argv + 1, argv + argc}, line, false)) return *code;
  sys::Interrupt::Install();
  return line.chosen();
}

}  // namespace procmark::cli
