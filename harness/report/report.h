// SPDX-License-Identifier: MIT
// Report: a run together with all conclusions about it. The folder report/ decides nothing:
// verdicts come from compare/. MakeDocument (document.h) says what is shown, exporters.h in which
// formats.
#pragma once

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

// A command that reproduces or checks something, and its purpose in one sentence.
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

// A benchmark of another tool (a peer) and our benchmark of a similar operation. Costs are the q25
// of one operation.
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
  const store::Run* run = nullptr;  // not owned; must outlive the Report
  std::vector<compare::SummaryRow> rows;
  std::vector<compare::SweepSlope> slopes;
  std::vector<compare::FinalTest> tests;
  std::vector<compare::Comparison> comparisons;
  std::vector<compare::SelfCheckResult> self_checks;
  std::vector<CellLimitChecks> limits;
  std::vector<CellLibcOverheads> libc;
  std::vector<PeerRow> peers;
  std::vector<compare::Warning> warnings;  // without those of the comparisons
  compare::Findings findings;
  std::map<std::string, std::string> sentences;  // benchmark -> what it measures; may be incomplete
  std::map<std::string, std::string> says;       // test -> what it asserts; may be incomplete
  std::vector<Command> reproduce;
};

// Everything that MakeReport needs besides the run.
struct ReportInputs {
  std::vector<compare::Comparison> comparisons = {};
  compare::Expectations expectations = {};
  std::vector<std::string> known_tests = {};                 // of the program; may be empty
  std::map<std::string, std::string> bounded_by_limit = {};  // limit -> its benchmark
  std::map<std::string, std::string> peers = {};             // peer -> our benchmark
  std::map<std::string, std::string> sentences = {};
  std::map<std::string, std::string> says = {};
  std::vector<Command> reproduce = {};
  compare::Rules rules = {};
};

// Calls compare/ for all conclusions: summaries, final verdicts of tests, self-checks of each cell
// with canaries, limit checks, slopes, and the counts that decide the exit code. `run` must outlive
// the Report.
Report MakeReport(const store::Run& run, ReportInputs inputs);

// The result in one sentence: "1 regression, 2 failures." or "Nothing regressed, failed or was
// lost."
std::string Headline(const Report& report);

// The cells in which tests ran, in the order of the run.
std::vector<std::string> TestCells(const Report& report);

}  // namespace procmark::report
