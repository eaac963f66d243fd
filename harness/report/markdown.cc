// The report as Markdown.
#include <fmt/format.h>

#include <algorithm>

#include "harness/compare/effect_text.h"
#include "harness/report/count_tables.h"
#include "harness/report/escape.h"
#include "harness/report/numbers.h"
#include "harness/report/peer_tables.h"
#include "harness/report/report.h"
#include "harness/report/slope_tables.h"
#include "harness/report/subject_tables.h"
#include "harness/report/test_matrix.h"

namespace procmark::report {
namespace {

std::string Row(const std::vector<std::string>& entries) {
  std::string out = "|";
  for (const std::string& entry : entries) out += " " + entry + " |";
  return out + "\n";
}

// An indented block cannot be ended by anything inside it.
std::string Block(const std::string& text) {
  std::string out = "\n    ";
  for (const char c : CleanText(text)) {
    out += c;
    if (c == '\n') out += "    ";
  }
  out.erase(out.find_last_not_of(" \n") + 1);
  return out + "\n\n";
}

void AddBenchmarks(const Report& report, std::string& out) {
  for (size_t i = 0; i < report.rows.size();) {
    const std::string& cell = report.rows[i].cell;
    out += fmt::format("\n## {} (clock {})\n\n", MarkdownText(cell),
                       store::ClockName(report.rows[i].clock));
    out +=
        "| benchmark | q25 | median | min | p90 | unit | slices | samples |\n"
        "|---|--:|--:|--:|--:|---|--:|--:|\n";
    for (; i < report.rows.size() && report.rows[i].cell == cell; ++i) {
      const compare::SummaryRow& row = report.rows[i];
      out += Row({MarkdownText(row.benchmark), CostText(row.q25, row.unit),
                  CostText(row.median, row.unit), CostText(row.min, row.unit),
                  CostText(row.p90, row.unit), MarkdownText(row.unit) + "/op",
                  CountText(row.slices), CountText(row.samples)});
    }
  }
}

void AddTests(const Report& report, std::string& out) {
  const std::vector<std::string> cells = TestCells(report);
  if (cells.empty()) return;
  out += "\n## Tests\n\n";
  for (const std::string& cell : cells) {
    out += fmt::format("- {}:", MarkdownText(cell));
    for (const auto& [verdict, count] : TestCounts(report, cell)) {
      out += fmt::format(" {} {}", count, wire::TestVerdictName(verdict));
    }
    out += "\n";
  }
  std::string rows;
  for (const compare::FinalTest& test : report.tests) {
    if (test.verdict == wire::TestVerdict::kPass) continue;
    const std::string why =
        test.expectation.empty() ? test.reason : test.reason + " Expected: " + test.expectation;
    rows += Row({MarkdownText(test.test), MarkdownText(test.cell),
                 wire::TestVerdictName(test.verdict), MarkdownText(why)});
  }
  if (!rows.empty()) {
    out += "\n| test | cell | verdict | reason |\n|---|---|---|---|\n" + rows;
  }
}

void AddMatrix(const Report& report, std::string& out) {
  const TestMatrix matrix = MakeTestMatrix(report);
  const std::vector<MatrixRow> differing = matrix.Differing();
  if (differing.empty()) return;
  out += fmt::format("\nDifferences between cells, {} of {} tests:\n\n", differing.size(),
                     matrix.rows.size());
  std::vector<std::string> entries = {"test"};
  for (const std::string& cell : matrix.cells) entries.push_back(MarkdownText(cell));
  out += Row(entries) + Row(std::vector<std::string>(entries.size(), "---"));
  for (const MatrixRow& row : differing) {
    entries = {MarkdownText(row.test)};
    for (const auto& verdict : row.verdicts) {
      entries.push_back(wire::TestVerdictName(verdict, "-"));
    }
    out += Row(entries);
  }
}

void AddSetupDifferences(const compare::Comparison& comparison, std::string& out) {
  if (!comparison.differences.empty()) {
    out += "\nWhat differs:\n\n| where | key | a | b |\n|---|---|---|---|\n";
  }
  for (const compare::SetupDifference& difference : comparison.differences) {
    out += Row({difference.where, MarkdownText(difference.key),
                difference.a ? MarkdownText(*difference.a) : "(absent)",
                difference.b ? MarkdownText(*difference.b) : "(absent)"});
  }
  if (!comparison.warnings.empty()) out += "\n";
  for (const compare::Warning& warning : comparison.warnings) {
    out += fmt::format("- warning: {}{}\n",
                       warning.about.empty() ? "" : MarkdownText(warning.about) + ": ",
                       MarkdownText(warning.sentence));
  }
}

void AddComparison(const compare::Comparison& comparison, std::string& out) {
  out += fmt::format("\n## {} against {}\n\na: run {}; b: run {}; clock {}\n\n",
                     MarkdownText(comparison.cell_b), MarkdownText(comparison.cell_a),
                     MarkdownText(comparison.run_a), MarkdownText(comparison.run_b),
                     store::ClockName(comparison.clock));
  if (!comparison.benchmarks.empty()) {
    out +=
        "| benchmark | a | b | unit | effect | interval | verdict | why |\n"
        "|---|--:|--:|---|--:|---|---|---|\n";
  }
  for (const compare::BenchmarkComparison& one : comparison.benchmarks) {
    const std::string verdict = compare::VerdictName(one.verdict);
    const bool loud = one.verdict == compare::Verdict::kRegressed ||
                      one.verdict == compare::Verdict::kNotDeterministic;
    out += Row({MarkdownText(one.benchmark), CostText(one.a_per_operation, one.unit),
                CostText(one.b_per_operation, one.unit), MarkdownText(one.unit) + "/op",
                one.effect ? compare::PercentText(*one.effect) : "",
                one.interval ? MarkdownText(compare::IntervalText(*one.interval)) : "",
                loud ? "**" + verdict + "**" : verdict, MarkdownText(one.sentence)});
  }
  out += MarkdownSlopeChanges(comparison);
  if (!comparison.tests.empty()) {
    out += "\n| test | a | b | change | reason |\n|---|---|---|---|---|\n";
  }
  for (const compare::TestChange& change : comparison.tests) {
    out += Row({MarkdownText(change.test), wire::TestVerdictName(change.a, ""),
                wire::TestVerdictName(change.b, ""), compare::TestChangeName(change.kind),
                MarkdownText(change.reason)});
  }
  AddSetupDifferences(comparison, out);
}

void AddChecks(const Report& report, std::string& out) {
  if (!report.self_checks.empty()) out += "\n## Self-checks\n\n";
  for (const compare::SelfCheckResult& check : report.self_checks) {
    for (const compare::Canary* canary : {&check.twin, &check.slow}) {
      out += fmt::format("- {}: {}: **{}**: {}\n", MarkdownText(check.cell),
                         MarkdownText(canary->benchmark), compare::CanaryStateName(canary->state),
                         MarkdownText(canary->sentence));
    }
  }
  for (const CellLimitChecks& limits : report.limits) {
    out += fmt::format("\n## Against the hand-written loop, in {}\n\n", MarkdownText(limits.cell));
    out += "| benchmark | limit | ratio | within 5 % | finding |\n|---|---|--:|---|---|\n";
    for (const compare::LimitCheck& row : limits.rows) {
      out += Row({MarkdownText(row.bounded), MarkdownText(row.limit),
                  row.ratio ? RatioText(*row.ratio) : "", compare::LimitStateName(row.state),
                  MarkdownText(row.sentence)});
    }
  }
}

void AddTroubles(const Report& report, std::string& out) {
  const store::Run& run = *report.run;
  if (!run.losses.empty()) out += "\n## Crashes, timeouts and losses\n";
  for (const store::Loss& loss : run.losses) {
    out += fmt::format("\n**{}** in {}: {}\n", store::LossKindName(loss.kind),
                       MarkdownText(loss.cell), MarkdownText(loss.sentence));
    if (!loss.console_tail.empty()) out += Block(loss.console_tail);
    if (!loss.reproduce.empty()) out += "To see it again:\n" + Block(loss.reproduce);
  }
  if (!run.refused.empty() || !run.skips.empty()) {
    out += fmt::format("\n## Not measured: {} refused, {} skipped\n\n", run.refused.size(),
                       run.skips.size());
    out += "| benchmark | cell | what | reason |\n|---|---|---|---|\n";
  }
  for (const store::Refused& refused : run.refused) {
    out += Row({MarkdownText(refused.refused.benchmark), MarkdownText(refused.cell), "refused",
                MarkdownText(refused.refused.reason)});
  }
  for (const store::Skip& skip : run.skips) {
    out += Row({MarkdownText(skip.skip.benchmark), MarkdownText(skip.cell), "skipped",
                MarkdownText(skip.skip.reason)});
  }
  if (!report.warnings.empty()) out += "\n## Warnings\n\n";
  for (const compare::Warning& warning : report.warnings) {
    out += fmt::format("- {}{}\n", warning.about.empty() ? "" : MarkdownText(warning.about) + ": ",
                       MarkdownText(warning.sentence));
  }
}

void AddMap(const std::string& title, const std::map<std::string, std::string>& map,
            std::string& out) {
  if (map.empty()) return;
  out += fmt::format("\n### {}\n\n| key | value |\n|---|---|\n", title);
  for (const auto& [key, value] : map) out += Row({MarkdownText(key), MarkdownText(value)});
}

}  // namespace

std::string RenderMarkdown(const Report& report) {
  const store::Run& run = *report.run;
  std::string out = fmt::format("# procmark: {}\n\n{}\n\nRun {}, started {}{}.\n",
                                MarkdownText(run.name.empty() ? run.id : run.name),
                                Headline(report), MarkdownText(run.id),
                                MarkdownText(run.started_utc), run.complete ? "" : " (cut short)");
  for (const compare::Comparison& comparison : report.comparisons) AddComparison(comparison, out);
  AddTests(report, out);
  AddMatrix(report, out);
  AddTroubles(report, out);
  AddChecks(report, out);
  AddBenchmarks(report, out);
  out += MarkdownSubjects(report);
  out += MarkdownPeers(report);
  out += MarkdownSlopes(report);
  out += MarkdownCounts(report);
  out += "\n## Environment\n";
  AddMap("Host", run.environment, out);
  for (const store::Cell& cell : run.cells) {
    AddMap(MarkdownText(cell.name) + ": inputs", cell.inputs, out);
    AddMap(MarkdownText(cell.name) + ": environment", cell.environment, out);
  }
  if (!report.reproduce.empty()) out += "\n## How to reproduce and check\n\n";
  for (const Command& command : report.reproduce) {
    out += MarkdownText(command.sentence) + "\n" + Block(command.command);
  }
  return out;
}

}  // namespace procmark::report
