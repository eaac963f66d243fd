// SPDX-License-Identifier: MIT
// Every command and option of procmark: what it is called, what its help says, and which function
// it runs. The help, the manual page and the completion are made from this description.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/cli/commands.h"
#include "harness/manual/description.h"

namespace CLI {
class App;
}

namespace procmark::cli {

// What was given on one command line.
struct Line {
  std::string program;  // as the user calls it: "./run.sh", "procmark"
  Context context;
  RunOptions run;
  CompareOptions compare;
  ExplainOptions explain;
  OutcomeOptions report;
  std::string report_called;
  std::string list_what;
  std::string accept_called;
  std::string accept_as = "main";
  std::string shell_cell;
  bool json = false;
  // The command that was chosen; returns the exit code or throws Complaint.
  std::function<int()> chosen;
  // The cells that the command visits; none when it needs only the harness.
  std::function<std::vector<std::string>()> cells = [] { return std::vector<std::string>(); };
};

// Adds all commands to `app`. Parsing then fills `line`, which must live as long as `app`.
void AddCommands(CLI::App& app, Line& line);

// The parts of the manual that belong to no command.
std::vector<manual::Section> ManualSections(const std::string& program);

}  // namespace procmark::cli
