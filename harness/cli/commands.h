// The commands of procmark and what each can be told. command_line.h makes these out of argv; each
// command returns the exit code or throws sys::Complaint, whose code is then the exit code.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace procmark::cli {

struct Context {
  std::filesystem::path results;  // --results, $PROCMARK_RESULTS or ./results
  std::filesystem::path project;  // the source tree: default plan, expectations ($PROCMARK_PROJECT)
};

// What is wished on top of a plan.
struct Wishes {
  std::vector<std::string> cells;  // in place of the plan's, when not empty
  std::vector<std::string> axes;   // what guests are multiplied by: cell::MultiplyByAxes
  std::string filter;              // searched in the names of benchmarks and tests alike
  // Benchmarks by their whole names, listed or composed; without a filter nothing else.
  std::vector<std::string> names;
  bool benchmarks = true;  // false: no benchmark, whatever the filter says
  bool tests = true;
};

// How a run ends.
struct OutcomeOptions {
  bool fail_on_inconclusive = false;
  std::filesystem::path junit;  // a copy of junit.xml for the CI; empty: none
};

// The main job. Plan -> cells -> records -> reports -> exit code.
struct RunOptions {
  std::filesystem::path plan;  // empty: plans/default.toml
  Wishes wishes;
  std::string name;
  std::string resume;   // a run to go on with; empty: a new one
  std::string against;  // a run or baseline to compare with; empty: none
  int64_t rounds = 0;   // 0: the plan's
  int64_t samples = 0;
  bool dry_run = false;
  std::string perf;              // "stat" or "record": each benchmark once more under perf(1)
  std::string guest_fault;       // canary: what guests do wrong on purpose
  int64_t guest_silence_s = 0;   // 0: the default
  int64_t guest_output_mib = 0;  // 0: the default
  bool no_snapshots = false;     // canary: every slice boots
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

// The reports of a stored run, made again from its records.
int ShowReport(const Context& context, const std::string& called, const OutcomeOptions& options);

// `what`: benchmarks, tests, cells, kernels or runs.
int List(const Context& context, const std::string& what, bool json);

// What must be built and installed before cells can be visited, one line each: "programs ARCH" (the
// static programs of an architecture) and "package NAME" (Debian's, that holds its QEMU). "native"
// stands for this machine. Throws a usage Complaint when a cell's name is wrong.
void PrintNeeds(const std::vector<std::string>& cells);

// The cells for PrintNeeds of a command that only reads stored runs. It asks the programs for their
// lists, and programs that were built before will do: {} when there are any, else {"native"}.
std::vector<std::string> CellsOfStored();

// Makes a run the baseline of a name. Nothing else moves one.
int Accept(const Context& context, const std::string& called, const std::string& name);

// Hands `words` to the images tool as they are; returns only by throwing.
int Images(const std::vector<std::string>& words);

// What this machine can do for procmark, and why it cannot do the rest.
int Doctor(bool json);
std::vector<std::string> CellsOfDoctor();

// A shell where the cell's programs run.
int Shell(const std::string& cell);

}  // namespace procmark::cli
