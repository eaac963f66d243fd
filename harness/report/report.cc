// SPDX-License-Identifier: MIT
#include "harness/report/report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace procmark::report {
namespace {

bool Measured(const std::vector<compare::SummaryRow>& rows, const std::string& cell,
              const std::string& benchmark) {
  return std::any_of(rows.begin(), rows.end(), [&](const compare::SummaryRow& row) {
    return row.cell == cell && row.benchmark == benchmark;
  });
}

std::vector<PeerRow> PeerRows(const std::vector<compare::SummaryRow>& rows,
                              const ReportInputs& inputs) {
  std::vector<PeerRow> peers;
  for (const compare::SummaryRow& row : rows) {
    const auto ours = inputs.peers.find(row.benchmark);
    if (ours == inputs.peers.end()) continue;
    for (const compare::SummaryRow& other : rows) {
      if (other.cell != row.cell || other.benchmark != ours->second) continue;
      const auto why = inputs.sentences.find(row.benchmark);
      peers.push_back({row.cell, row.benchmark, ours->second, row.q25, other.q25, row.unit,
                       why == inputs.sentences.end() ? "" : why->second});
    }
  }
  return peers;
}

std::string Plural(int64_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

}  // namespace

Report MakeReport(const store::Run& run, ReportInputs inputs) {
  Report report;
  report.run = &run;
  report.rows = compare::SummarizeRun(run);
  report.slopes = compare::SlopesOfRun(run, inputs.rules.confidence);
  compare::AppliedExpectations applied =
      compare::ApplyExpectations(run, inputs.expectations, inputs.known_tests);
  report.tests = std::move(applied.tests);
  report.warnings = std::move(applied.warnings);
  for (const compare::SweepSlope& row : report.slopes) {
    if (row.fit == compare::SweepSlope::Fit::kNonlinear)
      report.warnings.push_back({row.sweep + " in " + row.cell,
                                 "its cost does not follow a straight line: " + row.sentence});
  }
  report.comparisons = std::move(inputs.comparisons);
  for (const store::Cell& cell : run.cells) {
    if (Measured(report.rows, cell.name, compare::kCanaryBase)) {
      report.self_checks.push_back(compare::SelfCheck(run, cell.name, inputs.rules));
    }
    if (auto libc = compare::LibcOverheads(run, cell.name, inputs.rules); !libc.empty())
      report.libc.push_back({cell.name, std::move(libc)});
    std::map<std::string, std::string> here;
    for (const auto& [limit, bounded] : inputs.bounded_by_limit) {
      if (Measured(report.rows, cell.name, limit)) here[limit] = bounded;
    }
    if (!here.empty()) {
      report.limits.push_back(
          {cell.name, compare::CheckLimits(run, cell.name, here, inputs.rules)});
    }
  }
  report.peers = PeerRows(report.rows, inputs);
  report.findings =
      compare::CountFindings(run, report.tests, report.comparisons, report.self_checks);
  report.sentences = std::move(inputs.sentences);
  report.says = std::move(inputs.says);
  report.reproduce = std::move(inputs.reproduce);
  return report;
}

std::string Headline(const Report& report) {
  const compare::Findings& found = report.findings;
  std::vector<std::string> parts;
  if (found.regressions > 0) {
    parts.push_back(Plural(found.regressions, "regression", "regressions"));
  }
  if (found.failures > 0) parts.push_back(Plural(found.failures, "failure", "failures"));
  if (found.lost > 0) parts.push_back(fmt::format("{} lost", found.lost));
  if (found.refused > 0) parts.push_back(fmt::format("{} refused", found.refused));
  if (found.inconclusive > 0) parts.push_back(fmt::format("{} inconclusive", found.inconclusive));
  if (found.unexpected_passes > 0) {
    parts.push_back(Plural(found.unexpected_passes, "unexpected pass", "unexpected passes"));
  }
  if (!report.run->complete) parts.push_back("the record was cut short");
  if (parts.empty()) return "Nothing regressed, failed or was lost.";
  return fmt::format("{}.", fmt::join(parts, ", "));
}

std::vector<std::string> TestCells(const Report& report) {
  std::vector<std::string> cells;
  const auto add = [&](const std::string& name) {
    const bool ran = std::any_of(report.tests.begin(), report.tests.end(),
                                 [&](const auto& test) { return test.cell == name; });
    if (ran && std::find(cells.begin(), cells.end(), name) == cells.end()) cells.push_back(name);
  };
  for (const store::Cell& cell : report.run->cells) add(cell.name);
  for (const compare::FinalTest& test : report.tests) add(test.cell);
  return cells;
}

}  // namespace procmark::report
