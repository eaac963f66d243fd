// Report: a run with all that was decided about it, ready to be rendered. The renderers are pure:
// the same Report gives the same bytes. They decide nothing; verdicts come from compare/.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "harness/compare/comparison.h"
#include "harness/compare/exit_decision.h"
#include "harness/compare/expectations.h"
#include "harness/compare/libc_overhead.h"
#include "harness/compare/limit_check.h"
#include "harness/compare/self_check.h"
#include "harness/compare/summary.h"
#include "harness/compare/sweep_slope.h"
#include "harness/store/run.h"

namespace procmark::report {

// One way to get the numbers again: a sentence and its command.
struct Command {
  std::string sentence;
  std::string command;
};

struct CellLimitChecks {
  std::string cell;
  std::vector<compare::LimitCheck> rows;
};

struct CellLibcOverheads {
  std::string cell;
  std::vector<compare::LibcOverhead> rows;
};

// What another tool calls the same, beside ours. Costs are q25 of one operation.
struct PeerRow {
  std::string cell;
  std::string peer;
  std::string ours;
  double peer_cost = 0;
  double our_cost = 0;
  std::string unit;
  std::string why;  // what the peer measures, and why it differs
};

struct Report {
  const store::Run* run = nullptr;  // not owned; outlives the Report
  std::vector<compare::SummaryRow> rows;
  std::vector<compare::SweepSlope> slopes;
  std::vector<compare::FinalTest> tests;
  std::vector<compare::Comparison> comparisons;
  std::vector<compare::SelfCheckResult> self_checks;
  std::vector<CellLimitChecks> limits;
  std::vector<CellLibcOverheads> forms;
  std::vector<PeerRow> peers;
  std::vector<compare::Warning> warnings;  // those of the comparisons are in the comparisons
  compare::Findings findings;
  std::map<std::string, std::string> sentences;  // benchmark -> what it measures; may lack some
  std::map<std::string, std::string> says;       // test -> what it asserts; may lack some
  std::vector<Command> reproduce;
};

// What MakeReport needs besides the run.
struct ReportInputs {
  std::vector<compare::Comparison> comparisons = {};
  compare::Expectations expectations = {};
  std::vector<std::string> known_tests = {};                 // of the program; may be empty
  std::map<std::string, std::string> bounded_by_limit = {};  // limit -> what it bounds
  std::map<std::string, std::string> peers = {};             // peer -> ours
  std::map<std::string, std::string> sentences = {};
  std::map<std::string, std::string> says = {};
  std::vector<Command> reproduce = {};
  compare::Rules rules = {};
};

// Calls compare/ for everything that a report shows: summaries, final verdicts of tests,
// self-checks of every cell that ran canaries, limit tables, and the counts behind the exit code.
// `run` must outlive the Report.
Report MakeReport(const store::Run& run, ReportInputs inputs);

// One sentence: "1 regression, 2 failures …", or "Nothing regressed, failed or was lost."
std::string Headline(const Report& report);

// How many tests of a cell have each verdict. In the order pass fail timeout crash skip xfail
// xpass; only those that occur.
std::vector<std::pair<wire::TestVerdict, int64_t>> TestCounts(const Report& report,
                                                              const std::string& cell);
// The cells in which tests ran, in the run's order.
std::vector<std::string> TestCells(const Report& report);

// For a terminal: no escape sequences, columns aligned, lines as long as their content.
std::string RenderText(const Report& report);
// GitHub's Markdown.
std::string RenderMarkdown(const Report& report);
// One file that needs nothing else: `chart_library` is the text of Chart.js; when it is empty the
// page has no charts and says so. Readable without JavaScript.
std::string RenderHtml(const Report& report, const std::string& chart_library);
// JUnit's XML: one suite per cell for tests, one for what was measured there, and one for each
// comparison's verdicts. regressed and fail are failures; timeout, crash, refused, lost and not
// deterministic are errors; skip, xfail, inconclusive and shown are skipped with their reason.
std::string RenderJunit(const Report& report);
// KTAP version 1 (Documentation/dev-tools/ktap.rst): one subtest per cell.
std::string RenderKtap(const Report& report);
// The format of Google Benchmark's --benchmark_format=json, so that its tools read it: one
// "iteration" for each slice (its q25) and aggregates q25, median, mean and min.
// Programs record no CPU time: cpu_time repeats real_time.
std::string RenderBenchmarkJson(const Report& report);

// The text of Chart.js from where it was found when this was built; empty when it is not there.
std::string ReadChartLibrary();

}  // namespace procmark::report
