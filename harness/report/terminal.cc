// The report for a terminal.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/compare/effect_text.h"
#include "harness/report/count_tables.h"
#include "harness/report/escape.h"
#include "harness/report/numbers.h"
#include "harness/report/peer_tables.h"
#include "harness/report/report.h"
#include "harness/report/slope_tables.h"
#include "harness/report/subject_tables.h"
#include "harness/report/test_matrix.h"
#include "harness/report/text_table.h"

namespace procmark::report {
namespace {

using Align = TextTable::Align;

std::string Indented(const std::string& text, const std::string& indent) {
  std::string out = indent;
  std::string clean = TerminalText(text);
  clean.erase(clean.find_last_not_of(" \n") + 1);
  for (const char c : clean) {
    out += c;
    if (c == '\n') out += indent;
  }
  return out + "\n";
}

void AddBenchmarks(const Report& report, std::string& out) {
  for (size_t i = 0; i < report.rows.size();) {
    const std::string& cell = report.rows[i].cell;
    TextTable table({{"benchmark"},
                     {"q25", Align::kRight},
                     {"median", Align::kRight},
                     {"min", Align::kRight},
                     {"p90", Align::kRight},
                     {"unit"},
                     {"n", Align::kRight},
                     {"faults", Align::kRight},
                     {"switches", Align::kRight}});
    const store::Clock clock = report.rows[i].clock;
    for (; i < report.rows.size() && report.rows[i].cell == cell; ++i) {
      const compare::SummaryRow& row = report.rows[i];
      table.Add({row.benchmark, CostText(row.q25, row.unit), CostText(row.median, row.unit),
                 CostText(row.min, row.unit), CostText(row.p90, row.unit), row.unit + "/op",
                 fmt::format("{} x {}", row.slices, row.samples / std::max<int64_t>(1, row.slices)),
                 FaultsText(row), SwitchesText(row)});
    }
    out += fmt::format("\n{} (clock {}{})\n", OneLine(cell), store::ClockName(clock),
                       clock == store::Clock::kTcg ? ": shown, never judged" : "");
    out += table.Render(2);
  }
}

void AddTests(const Report& report, std::string& out) {
  for (const std::string& cell : TestCells(report)) {
    out += fmt::format("\ntests in {}:", OneLine(cell));
    const char* separator = " ";
    for (const auto& [verdict, count] : TestCounts(report, cell)) {
      out += fmt::format("{}{} {}", separator, count, wire::TestVerdictName(verdict));
      separator = ", ";
    }
    out += "\n";
    for (const compare::FinalTest& test : report.tests) {
      if (test.cell != cell || test.verdict == wire::TestVerdict::kPass) continue;
      const bool caused = test.cause != wire::FailCause::kNone;
      out += fmt::format("  {:<7} {}{}\n", wire::TestVerdictName(test.verdict), OneLine(test.test),
                         caused ? fmt::format(" ({})", wire::FailCauseName(test.cause)) : "");
      if (!test.reason.empty()) out += Indented(test.reason, "          ");
      if (!test.expectation.empty()) {
        out += Indented("expected: " + test.expectation, "          ");
      }
    }
  }
}

// Kernels of two versions differ in hundreds of options: those that only one of them has are
// counted here and listed in the other reports.
void AddSetupDifferences(const std::vector<compare::SetupDifference>& differences,
                         std::string& out) {
  constexpr size_t kMostOneSided = 20;
  const auto one_sided = [](const compare::SetupDifference& difference) {
    return difference.where == "kernel config" && !(difference.a && difference.b);
  };
  const auto left_out = static_cast<size_t>(std::ranges::count_if(differences, one_sided));
  for (const compare::SetupDifference& difference : differences) {
    if (left_out > kMostOneSided && one_sided(difference)) continue;
    out += fmt::format("  differs: {} {}: {} | {}\n", difference.where, OneLine(difference.key),
                       difference.a ? OneLine(*difference.a) : "(absent)",
                       difference.b ? OneLine(*difference.b) : "(absent)");
  }
  if (left_out > kMostOneSided) {
    out += fmt::format(
        "  differs: kernel config: {} options are set on one side only; report.md lists them\n",
        left_out);
  }
}

void AddMatrix(const Report& report, std::string& out) {
  const TestMatrix matrix = MakeTestMatrix(report);
  const std::vector<MatrixRow> differing = matrix.Differing();
  if (differing.empty()) return;
  out += fmt::format("\ntests that differ between cells: {} of {}\n", differing.size(),
                     matrix.rows.size());
  std::vector<TextTable::Column> columns = {{"test"}};
  for (const std::string& cell : matrix.cells) columns.push_back({cell});
  TextTable table(columns);
  for (const MatrixRow& row : differing) {
    std::vector<std::string> entries = {row.test};
    for (const auto& verdict : row.verdicts) {
      entries.push_back(wire::TestVerdictName(verdict, "-"));
    }
    table.Add(std::move(entries));
  }
  out += table.Render(2);
}

void AddComparison(const compare::Comparison& comparison, std::string& out) {
  out += fmt::format("\n{} ({}) against {} ({}), clock {}\n", OneLine(comparison.cell_b),
                     OneLine(comparison.run_b), OneLine(comparison.cell_a),
                     OneLine(comparison.run_a), store::ClockName(comparison.clock));
  TextTable table({{"benchmark"},
                   {"a", Align::kRight},
                   {"b", Align::kRight},
                   {"unit"},
                   {"effect", Align::kRight},
                   {"interval"},
                   {"n", Align::kRight},
                   {"verdict"}});
  for (const compare::BenchmarkComparison& one : comparison.benchmarks) {
    table.Add({one.benchmark, CostText(one.a_per_operation, one.unit),
               CostText(one.b_per_operation, one.unit), one.unit + "/op",
               one.effect ? compare::PercentText(*one.effect) : "-",
               one.interval ? compare::IntervalText(*one.interval) : "",
               std::to_string(one.method == compare::Method::kPaired ? one.pairs : one.slices_b),
               compare::VerdictName(one.verdict)});
  }
  if (!table.Empty()) out += table.Render(2);
  for (const compare::BenchmarkComparison& one : comparison.benchmarks) {
    if (one.verdict == compare::Verdict::kUnchanged ||
        one.verdict == compare::Verdict::kIdentical || one.verdict == compare::Verdict::kShown) {
      continue;
    }
    out += fmt::format("  {}: {}: {}\n", compare::VerdictName(one.verdict), OneLine(one.benchmark),
                       OneLine(one.sentence));
  }
  out += TextSlopeChanges(comparison);
  for (const compare::TestChange& change : comparison.tests) {
    out += fmt::format("  test {}: {}: {} -> {}{}\n", compare::TestChangeName(change.kind),
                       OneLine(change.test), wire::TestVerdictName(change.a, "-"),
                       wire::TestVerdictName(change.b, "-"),
                       change.reason.empty() ? "" : ": " + OneLine(change.reason));
  }
  AddSetupDifferences(comparison.differences, out);
  for (const compare::Warning& warning : comparison.warnings) {
    out +=
        fmt::format("  warning: {}{}\n", warning.about.empty() ? "" : OneLine(warning.about) + ": ",
                    OneLine(warning.sentence));
  }
}

void AddChecks(const Report& report, std::string& out) {
  for (const compare::SelfCheckResult& check : report.self_checks) {
    out += fmt::format("\nself-check of {}\n", OneLine(check.cell));
    for (const compare::Canary* canary : {&check.twin, &check.slow}) {
      out += fmt::format("  {:<8} {}: {}\n", compare::CanaryStateName(canary->state),
                         canary->benchmark, OneLine(canary->sentence));
    }
    if (check.minimal_detectable_effect) {
      out += fmt::format("  this host finds {} in four of five such runs\n",
                         compare::PercentText(*check.minimal_detectable_effect));
    }
  }
  for (const CellLimitChecks& limits : report.limits) {
    TextTable table({{"benchmark"}, {"limit"}, {"ratio", Align::kRight}, {"state"}, {"finding"}});
    for (const compare::LimitCheck& row : limits.rows) {
      table.Add({row.bounded, row.limit, row.ratio ? RatioText(*row.ratio) : "-",
                 compare::LimitStateName(row.state), row.sentence});
    }
    out += fmt::format("\nagainst the hand-written loop, in {}\n", OneLine(limits.cell));
    out += table.Render(2);
  }
}

void AddTroubles(const store::Run& run, std::string& out) {
  for (const store::Loss& loss : run.losses) {
    out += fmt::format("\n{} in {}: {}\n", store::LossKindName(loss.kind), OneLine(loss.cell),
                       OneLine(loss.sentence));
    if (!loss.console_tail.empty()) out += Indented(loss.console_tail, "  | ");
    if (!loss.reproduce.empty()) out += fmt::format("  again: {}\n", OneLine(loss.reproduce));
  }
  for (const store::Refused& refused : run.refused) {
    out += fmt::format("\nrefused in {}: {}: {}\n", OneLine(refused.cell),
                       OneLine(refused.refused.benchmark), OneLine(refused.refused.reason));
  }
  // One reason is said once, with all that it kept from being measured.
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> skips;
  for (const store::Skip& skip : run.skips) {
    skips[{skip.cell, skip.skip.reason}].push_back(skip.skip.benchmark);
  }
  if (!skips.empty()) out += fmt::format("\nskipped benchmarks: {}\n", run.skips.size());
  for (const auto& [where, names] : skips) {
    out +=
        fmt::format("  {} in {}: {}\n", names.size(), OneLine(where.first), OneLine(where.second));
    for (const std::string& name : names) out += fmt::format("    {}\n", OneLine(name));
  }
}

}  // namespace

std::string RenderText(const Report& report) {
  const store::Run& run = *report.run;
  std::string out = fmt::format("run {}{}, {}\n", OneLine(run.id),
                                run.name.empty() ? "" : fmt::format(" ({})", OneLine(run.name)),
                                OneLine(run.started_utc));
  AddBenchmarks(report, out);
  out += TextSubjects(report);
  out += TextPeers(report);
  out += TextAbsentCounts(report);
  out += TextSlopes(report);
  AddTests(report, out);
  AddMatrix(report, out);
  for (const compare::Comparison& comparison : report.comparisons) AddComparison(comparison, out);
  AddChecks(report, out);
  AddTroubles(run, out);
  if (!report.warnings.empty()) out += "\n";
  for (const compare::Warning& warning : report.warnings) {
    out +=
        fmt::format("warning: {}{}\n", warning.about.empty() ? "" : OneLine(warning.about) + ": ",
                    OneLine(warning.sentence));
  }
  out += fmt::format("\n{}\n", Headline(report));
  return out;
}

}  // namespace procmark::report
