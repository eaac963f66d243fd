// SPDX-License-Identifier: MIT
#include "harness/cli/command_table.h"

#include <CLI/CLI.hpp>
#include <cctype>

#include "harness/cell/axis.h"
#include "harness/plan/filter.h"
#include "harness/plan/plan.h"

namespace procmark::cli {
namespace {

// For commands that ask this machine's programs for their benchmarks and tests.
std::vector<std::string> OnlyNative() { return {"native"}; }

void AddOutcome(CLI::App& command, OutcomeOptions& outcome) {
  command.add_option("--junit", outcome.junit, "Also write the JUnit report to this file.")
      ->type_name("FILE");
  command.add_flag("--fail-on-inconclusive", outcome.fail_on_inconclusive,
                   "Exit with 4 when a benchmark stays inconclusive.");
}

void AddSelection(CLI::App& command, Wishes& wishes) {
  command
      .add_option("--filter", wishes.filter,
                  "Choose the benchmarks and tests in whose name this regular expression (RE2 "
                  "syntax) matches somewhere. It chooses among all, not only among those of the "
                  "plan.")
      ->type_name("REGEX");
  command
      .add_option("--benchmark", wishes.names,
                  "Choose this benchmark by its whole name. Its parameters can be combined freely, "
                  "as in fork/rss:48M/cpu:same/to:reaped.")
      ->type_name("BENCHMARK");
  command.add_flag("!--no-tests", wishes.tests, "Run benchmarks only.");
}

// Options that break or limit guests on purpose, to test procmark itself.
void AddGuestOptions(CLI::App& command, RunOptions& run) {
  command
      .add_option("--guest-silence-s", run.guest_silence_s,
                  "End a guest that sends nothing for this many seconds.")
      ->check(CLI::Range(1, 86'400))
      ->type_name("SECONDS");
  command
      .add_option("--guest-output-mib", run.guest_output_mib,
                  "End a guest that writes more than this many MiB.")
      ->check(CLI::Range(1, 1 << 16))
      ->type_name("MIB");
  command
      .add_option("--guest-fault", run.guest_fault,
                  "Make guests fail in this way on purpose, to test procmark itself: panic, hang, "
                  "mute, garbage, exit, oops, taint, flood, poweroff, reset, channel or segv.")
      ->type_name("FAULT");
  command
      .add_flag("--no-snapshots", run.no_snapshots,
                "Boot a guest for every slice and every part of the tests of an exact cell.")
      ->group("");
}

void AddRun(CLI::App& app, Line& line) {
  RunOptions& run = line.run;
  CLI::App& command =
      *app.add_subcommand("run", "Measure and test what a plan says. This is the main job.");
  command.add_option("--plan", run.plan, "Read this plan. The default is plans/default.toml.")
      ->type_name("FILE");
  command.add_option("--cell", run.wishes.cells, "Run in this cell instead of those of the plan.")
      ->type_name("CELL");
  command
      .add_option("--axis", run.wishes.axes,
                  "Run every guest once with each of these values, for example "
                  "cpu=qemu64,Haswell,max. The axes are in the help of procmark itself.")
      ->type_name("NAME=VALUE,...");
  AddSelection(command, run.wishes);
  command.add_flag("!--no-benchmarks", run.wishes.benchmarks, "Run tests only.");
  command
      .add_option("--perf", run.perf,
                  "In native cells, run each benchmark once more under this command of perf.")
      ->check(CLI::IsMember({"stat", "record"}))
      ->type_name("COMMAND");
  command.add_option("--name", run.name, "Name the run. Other commands find it by that name.")
      ->type_name("NAME");
  command.add_option("--resume", run.resume, "Continue this interrupted run.")->type_name("RUN");
  command
      .add_option("--against", run.against,
                  "Compare the result with this run or baseline. A regression exits with 1.")
      ->type_name("RUN");
  command
      .add_option("--rounds", run.rounds, "Take this many slices per benchmark on noisy clocks.")
      ->check(CLI::Range(1, 10'000))
      ->type_name("N");
  command.add_option("--samples", run.samples, "Record this many samples per slice.")
      ->check(CLI::Range(int64_t{1}, plan::kMostSamples))
      ->type_name("N");
  command.add_flag("--dry-run", run.dry_run, "Print the commands instead of running them.");
  AddGuestOptions(command, run);
  AddOutcome(command, run.outcome);
  manual::SetExamples(
      command, line.program,
      {{"Measure fork and vfork on this machine.", "run --cell native --filter '^v?fork/'"},
       {"Run everything of the plan on two kernels, exactly.",
        "run --cell amd64/debian-6.1/max/exact --axis kernel=debian-6.1,debian-6.12"},
       {"In CI: fail on a regression or a failed test.", "run --against main --junit junit.xml"}});
  command.callback([&line] {
    const plan::Filter checked(line.run.wishes.filter, "--filter");
    line.chosen = [&line] { return Run(line.context, line.run); };
    line.cells = [&line] { return CellsOfRun(line.context, line.run); };
  });
}

void AddCompare(CLI::App& app, Line& line) {
  CompareOptions& compare = line.compare;
  CLI::App& command = *app.add_subcommand(
      "compare",
      "Compare B with A. Each is a stored run, a baseline, or a cell to measure now. Two cells are "
      "measured alternately until the differences are clear or the budget ends.");
  command.add_option("A", compare.a, "What B is compared with.")->required();
  command.add_option("B", compare.b, "What is judged.")->required();
  AddSelection(command, compare.wishes);
  command.add_option("--name", compare.name, "Name the run that comparing two cells makes.")
      ->type_name("NAME");
  command
      .add_option("--threshold", compare.threshold_percent,
                  "On noisy clocks, the smallest effect that matters, in percent.")
      ->check(CLI::Range(0.1, 100.0))
      ->type_name("PERCENT");
  AddOutcome(command, compare.outcome);
  manual::SetExamples(
      command, line.program,
      {{"Two stored runs, by name.", "compare before after"},
       {"Two kernels, measured now.",
        "compare amd64/debian-6.1/max/exact amd64/debian-6.12/max/exact --filter '^fork/'"}});
  command.callback([&line] {
    const plan::Filter checked(line.compare.wishes.filter, "--filter");
    line.chosen = [&line] { return Compare(line.context, line.compare); };
    line.cells = [&line] { return CellsOfComparison(line.context, line.compare); };
  });
}

void AddExplain(CLI::App& app, Line& line) {
  ExplainOptions& explain = line.explain;
  CLI::App& command = *app.add_subcommand(
      "explain",
      "Say which functions of the kernel execute the instructions of one operation, as a call tree "
      "that adds up to the benchmark's own number.");
  command.add_option("BENCHMARK", explain.benchmark, "The whole name of a benchmark.")->required();
  command.add_option("--cell", explain.cell, "A guest on the exact clock: ARCH/KERNEL/CPU/exact.")
      ->required()
      ->type_name("CELL");
  command
      .add_option("--against", explain.against,
                  "Show what differs from this cell, or from this run, which explains the same "
                  "benchmark.")
      ->type_name("CELL|RUN");
  command
      .add_option("--least", explain.view.least_percent,
                  "Show branches of the tree from this share of the sample on, in percent.")
      ->check(CLI::Range(0.0, 100.0))
      ->type_name("PERCENT");
  command.add_option("--depth", explain.view.depth, "Show calls down to this depth.")
      ->check(CLI::Range(1, 1000))
      ->type_name("N");
  command.add_option("--functions", explain.view.functions, "Show so many functions in tables.")
      ->check(CLI::Range(1, 100'000))
      ->type_name("N");
  command.add_option("--name", explain.name, "Name the run.")->type_name("NAME");
  manual::SetExamples(command, line.program,
                      {{"Where the instructions of a fork go.",
                        "explain fork/to:reaped --cell amd64/debian-6.12/max/exact"},
                       {"What makes it dearer than on another kernel.",
                        "explain fork/to:reaped --cell amd64/debian-7.3/max/exact "
                        "--against amd64/debian-7.0/max/exact"}});
  command.callback([&line] {
    line.chosen = [&line] { return Explain(line.context, line.explain); };
    line.cells = [&line] { return CellsOfExplain(line.context, line.explain); };
  });
}

void AddStored(CLI::App& app, Line& line) {
  CLI::App& report =
      *app.add_subcommand("report", "Check a stored run, show it and write its reports again.");
  report
      .add_option("RUN", line.report_called,
                  "The id, name or folder of a run, or the name of a baseline.")
      ->required();
  report.add_option("--junit", line.report.junit, "Also write the JUnit report to this file.")
      ->type_name("FILE");
  manual::SetExamples(report, line.program,
                      {{"A run that somebody published.", "report path/to/run"}});
  report.callback([&line] {
    line.chosen = [&line] { return ShowReport(line.context, line.report_called, line.report); };
    line.cells = CellsOfStored;
  });
  CLI::App& accept = *app.add_subcommand(
      "accept", "Make a run a baseline, with which other runs are compared. Nothing else does.");
  accept.add_option("RUN", line.accept_called, "The id, name or folder of a run.")->required();
  accept.add_option("--as", line.accept_as, "The name of the baseline. The default is main.")
      ->type_name("NAME");
  manual::SetExamples(accept, line.program,
                      {{"Later: run --against release.", "accept tuesday --as release"}});
  accept.callback([&line] {
    line.chosen = [&line] { return Accept(line.context, line.accept_called, line.accept_as); };
  });
}

void AddLookups(CLI::App& app, Line& line) {
  CLI::App& list =
      *app.add_subcommand("list", "List the benchmarks, tests, cells, kernels or runs.");
  list.add_option("WHAT", line.list_what, "What to list.")
      ->required()
      ->check(CLI::IsMember({"benchmarks", "tests", "cells", "kernels", "runs"}));
  list.add_flag("--json", line.json, "Print JSON.");
  manual::SetExamples(list, line.program, {{"For a script.", "list runs --json"}});
  list.callback([&line] {
    line.chosen = [&line] { return List(line.context, line.list_what, line.json); };
    if (line.list_what == "benchmarks" || line.list_what == "tests") line.cells = OnlyNative;
  });
  CLI::App& doctor = *app.add_subcommand(
      "doctor", "Say what this machine can do for procmark, and why it cannot do the rest.");
  doctor.add_flag("--json", line.json, "Print JSON.");
  manual::SetExamples(doctor, line.program, {{"Is KVM usable here?", "doctor"}});
  doctor.callback([&line] {
    line.chosen = [&line] { return Doctor(line.json); };
    line.cells = CellsOfDoctor;
  });
}

void AddPlaces(CLI::App& app, Line& line) {
  CLI::App* images = app.add_subcommand(
      "images", "Fetch, build, check and remove what guests boot: kernels, sysroots, modules.");
  images->prefix_command();
  images->set_help_flag();
  manual::SetExamples(*images, line.program, {{"Its own commands.", "images --help"}});
  images->callback(
      [images, &line] { line.chosen = [words = images->remaining()] { return Images(words); }; });
  CLI::App& shell =
      *app.add_subcommand("shell", "Start a shell in a cell. The programs of procmark are there.");
  shell.add_option("CELL", line.shell_cell, "native, or a guest: ARCH/KERNEL/CPU/CLOCK.")
      ->required();
  manual::SetExamples(
      shell, line.program,
      {{"In a guest; the programs are in /procmark.", "shell amd64/debian-6.12/max/tcg"}});
  shell.callback([&line] {
    line.chosen = [&line] { return Shell(line.shell_cell); };
    line.cells = [&line] { return std::vector<std::string>{line.shell_cell}; };
  });
}

// A phrase of another table as a sentence.
std::string Sentence(std::string phrase) {
  if (!phrase.empty()) phrase[0] = static_cast<char>(std::toupper(phrase[0]));
  return phrase + ".";
}

}  // namespace

void AddCommands(CLI::App& app, Line& line) {
  app.add_option("--results", line.context.results,
                 "Keep runs and baselines in this folder. The default is results.")
      ->type_name("FOLDER");
  app.require_subcommand(1);
  manual::SetExamples(
      app, line.program,
      {{"The main job: this machine, and a guest whose clock counts instructions.", "run"},
       {"What there is to measure.", "list benchmarks"},
       {"Show and check the latest run of that name.", "report nightly"}});
  AddRun(app, line);
  AddCompare(app, line);
  AddExplain(app, line);
  AddStored(app, line);
  AddLookups(app, line);
  AddPlaces(app, line);
}

std::vector<manual::Section> ManualSections(const std::string& program) {
  std::vector<manual::Section> sections;
  if (program == "./run.sh") {
    sections.push_back({"Commands of run.sh itself",
                        {{"check", "The quick checks before a commit."},
                         {"install FOLDER", "Install procmark below this folder."},
                         {"test", "All tests of procmark itself."}}});
  }
  sections.push_back(
      {"Cells",
       {{"native", "This machine. The clock is wall: nanoseconds."},
        {"ARCH/KERNEL/CPU/CLOCK[+AXIS=VALUE]...",
         "A QEMU guest. KERNEL is debian-VERSION or file:PATH, CPU is one of QEMU's models, and "
         "CLOCK is exact (instructions), kvm (nanoseconds of the real CPU) or tcg (shown, never "
         "judged)."}}});
  manual::Section axes = {"Axes", {}};
  for (const cell::Axis& axis : cell::Axes()) {
    axes.entries.push_back({axis.name + "=" + axis.placeholder, Sentence(axis.description)});
  }
  sections.push_back(axes);
  sections.push_back(
      {"Exit codes",
       {{"0", "Nothing regressed and no test failed."},
        {"1", "A benchmark regressed or a test failed."},
        {"2", "The command asks for something that cannot be done. The message says what to do."},
        {"3", "procmark itself, the disk or the network failed. There is no verdict on a kernel."},
        {"4", "A benchmark stayed inconclusive, with --fail-on-inconclusive."},
        {"130", "The command was interrupted. run --resume continues it."}}});
  sections.push_back(
      {"Environment",
       {{"PROCMARK_RESULTS", "The folder for runs and baselines, where --results is not given."},
        {"PROCMARK_CACHE", "The folder for kernels, sysroots, modules and snapshots."},
        {"PROCMARK_CACHE_LIMIT", "The size that the cache is kept below, for example 8G."},
        {"PROCMARK_DEBIAN_MIRROR",
         "The address of the Debian mirror. The default is the one that apt uses here."}}});
  return sections;
}

}  // namespace procmark::cli
