// SPDX-License-Identifier: MIT
// The commands of procmark and their options. command_table.h fills the options from argv. Each
// command returns the exit code or throws sys::Complaint, whose code is then the exit code.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/report/explanation_document.h"

namespace procmark::cli {

struct Context {
  std::filesystem::path results;  // --results, $PROCMARK_RESULTS or ./results
  std::filesystem::path project;  // the source tree: default plan, expectations ($PROCMARK_PROJECT)
};

// What the command line changes in a plan.
struct Wishes {
  std::vector<std::string> cells;  // instead of those of the plan, when not empty
  std::vector<std::string> axes;   // the values that guests are multiplied by: cell::MultiplyByAxes
  std::string filter;              // a plan::Filter for the names of benchmarks and tests
  // Benchmarks by their whole names, listed or composed. Without a filter nothing else is chosen.
  std::vector<std::string> names;
  bool benchmarks = true;  // false: no benchmark, even if the filter matches
  bool tests = true;
};

// How the end of a run is reported.
struct OutcomeOptions {
  bool fail_on_inconclusive = false;
  std::filesystem::path junit;  // also write the JUnit report here; empty: do not
};

// The main job. Plan -> cells -> records -> reports -> exit code.
struct RunOptions {
  std::filesystem::path plan;  // empty: plans/default.toml
  Wishes wishes;
  std::string name;
  std::string resume;   // the run to continue; empty: a new one
  std::string against;  // a run or baseline to compare with; empty: none
  int64_t rounds = 0;   // 0: the plan's
  int64_t samples = 0;
  bool dry_run = false;
  std::string perf;              // "stat" or "record": repeat each benchmark once under perf(1)
  std::string guest_fault;       // how guests fail on purpose
  int64_t guest_silence_s = 0;   // 0: the default
  int64_t guest_output_mib = 0;  // 0: the default
  bool no_snapshots = false;     // boot a guest for every slice
  OutcomeOptions outcome;
};
int Run(const Context& context, const RunOptions& options);
// The cells that such a run would visit.
std::vector<std::string> CellsOfRun(const Context& context, const RunOptions& options);

// Compares two stored runs or baselines, or two cells. Cells are measured now, interleaved, until
// the comparison is conclusive or the budget ends.
struct CompareOptions {
  std::string a;
  std::string b;
  Wishes wishes;     // of cells
  std::string name;  // of the run that comparing cells makes
  double threshold_percent = 2;
  OutcomeOptions outcome;
};
int Compare(const Context& context, const CompareOptions& options);
// The cells that such a comparison would visit; CellsOfStored() for stored runs.
std::vector<std::string> CellsOfComparison(const Context& context, const CompareOptions& options);

// Derives the reports of a stored run from its records and shows them.
int ShowReport(const Context& context, const std::string& called, const OutcomeOptions& options);

// `what`: benchmarks, tests, cells, kernels or runs.
int List(const Context& context, const std::string& what, bool json);

// Prints what must be built and installed before `cells` can be visited, one line each: "programs
// ARCH" for the static programs of an architecture, and "package NAME" for the Debian package that
// holds its QEMU. Throws a usage Complaint when the name of a cell is wrong.
void PrintNeeds(const std::vector<std::string>& cells);

// The cells for PrintNeeds() of a command that only reads stored runs. Such a command asks the
// programs for their lists, and old programs are good enough: {} when there are any, else
// {"native"}.
std::vector<std::string> CellsOfStored();

// Makes a run the baseline of a name. Nothing else replaces one.
int Accept(const Context& context, const std::string& called, const std::string& name);

// Which function executes the instructions of one operation of a benchmark, in an exact cell.
struct ExplainOptions {
  std::string benchmark;
  std::string cell;
  std::string against;  // another cell, or a run with a stored explanation; empty: none
  std::string name;     // of the run that explaining makes
  report::ExplanationView view;
};
int Explain(const Context& context, const ExplainOptions& options);
// The cells that it would visit.
std::vector<std::string> CellsOfExplain(const Context& context, const ExplainOptions& options);

// Executes the images tool with `words`. Returns only by throwing.
int Images(const std::vector<std::string>& words);

// Prints what this machine can do for procmark, and why it cannot do the rest.
int Doctor(bool json);
std::vector<std::string> CellsOfDoctor();

// Starts a shell in the cell.
int Shell(const std::string& cell);

}  // namespace procmark::cli
