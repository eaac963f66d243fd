// Comparisons in report.html: the table of verdicts with an interval plot, and what differs.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/compare/effect_text.h"
#include "harness/report/escape.h"
#include "harness/report/html_parts.h"
#include "harness/report/html_sections.h"
#include "harness/report/numbers.h"
#include "harness/report/slope_tables.h"

namespace procmark::report {
namespace {

constexpr double kPlotWidth = 190;

// The largest effect that the plots of a comparison reach: at least three thresholds, so that a
// quiet comparison looks quiet, and at most 50 %, so that one outlier does not flatten the rest.
double PlotReach(const compare::Comparison& comparison) {
  double reach = 0.003;
  for (const compare::BenchmarkComparison& one : comparison.benchmarks) {
    reach = std::max(reach, 3 * one.threshold);
    if (one.interval) {
      reach = std::max({reach, std::abs(one.interval->low), std::abs(one.interval->high)});
    }
    if (one.effect) reach = std::max(reach, std::abs(*one.effect));
  }
  return std::min(reach, 0.5);
}

std::string Plot(const compare::BenchmarkComparison& one, double reach) {
  if (!one.effect) return "";
  const auto at = [reach](double effect) {
    return kPlotWidth / 2 * (1 + std::clamp(effect / reach, -1.0, 1.0) * 0.96);
  };
  const std::string kind = KindOf(compare::VerdictName(one.verdict));
  std::string out = fmt::format(
      "<svg class=\"forest\" width=\"{0:.0f}\" height=\"22\" viewBox=\"0 0 {0:.0f} 22\" "
      "role=\"img\" aria-label=\"effect and interval\">",
      kPlotWidth);
  if (one.threshold > 0 && one.verdict != compare::Verdict::kShown) {
    const double low = at(-one.threshold / (1 + one.threshold));
    out += fmt::format("<rect class=\"band\" x=\"{:.1f}\" y=\"1\" width=\"{:.1f}\" height=\"20\"/>",
                       low, at(one.threshold) - low);
  }
  out +=
      fmt::format("<line class=\"zero\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"1\" y2=\"21\"/>", at(0));
  if (one.interval) {
    out += fmt::format(
        "<line class=\"{}\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"11\" y2=\"11\" stroke-width=\"2\"/>",
        kind, at(one.interval->low), at(one.interval->high));
  }
  out += fmt::format("<circle class=\"{}\" cx=\"{:.1f}\" cy=\"11\" r=\"3.5\"/></svg>", kind,
                     at(*one.effect));
  return out;
}

std::string BenchmarkTable(const compare::Comparison& comparison) {
  if (comparison.benchmarks.empty()) return "";
  const double reach = PlotReach(comparison);
  std::string out =
      OpenTable({"benchmark", "verdict", ">effect",
                 fmt::format("interval (&#177;{:.3g} %, band: threshold)", 100 * reach), ">a", ">b",
                 "unit", "why"});
  for (const compare::BenchmarkComparison& one : comparison.benchmarks) {
    const std::string verdict = compare::VerdictName(one.verdict);
    const bool exact = one.method == compare::Method::kExact;
    const std::string a = exact && one.operations_a == 1 ? CountText(one.a_sample)
                                                         : CostText(one.a_per_operation, one.unit);
    const std::string b = exact && one.operations_b == 1 ? CountText(one.b_sample)
                                                         : CostText(one.b_per_operation, one.unit);
    out += std::string("<tr>") + NameCell(one.benchmark) +
           HtmlCell(Pill(KindOf(verdict), verdict)) +
           NumberCell(one.effect ? compare::PercentText(*one.effect) : "") +
           HtmlCell(Plot(one, reach), "plot") + NumberCell(a) + NumberCell(b) +
           TextCell(one.unit + "/op") + TextCell(one.sentence) + "</tr>\n";
  }
  return out + CloseTable();
}

std::string Differences(const compare::Comparison& comparison) {
  std::string out;
  if (!comparison.tests.empty()) {
    out += "<h3>Tests that differ</h3>\n" + OpenTable({"test", "change", "a", "b", "reason"});
    for (const compare::TestChange& change : comparison.tests) {
      const std::string kind = compare::TestChangeName(change.kind);
      out += std::string("<tr>") + NameCell(change.test) + HtmlCell(Pill(KindOf(kind), kind)) +
             TextCell(wire::TestVerdictName(change.a, "")) +
             TextCell(wire::TestVerdictName(change.b, "")) + TextCell(change.reason) + "</tr>\n";
    }
    out += CloseTable();
  }
  if (!comparison.warnings.empty()) out += "<h3>Warnings</h3>\n<ul>\n";
  for (const compare::Warning& warning : comparison.warnings) {
    out += fmt::format(
        "<li>{}{}</li>\n",
        warning.about.empty() ? "" : fmt::format("<code>{}</code>: ", HtmlText(warning.about)),
        HtmlText(warning.sentence));
  }
  if (!comparison.warnings.empty()) out += "</ul>\n";
  if (comparison.differences.empty()) return out;
  out += fmt::format("<details><summary>What differs between the sides: {}</summary>\n",
                     comparison.differences.size());
  out += OpenTable({"where", "key", "a", "b"});
  for (const compare::SetupDifference& difference : comparison.differences) {
    out += std::string("<tr>") + TextCell(difference.where) + NameCell(difference.key);
    for (const auto& value : {difference.a, difference.b}) {
      out += value ? HtmlCell(HtmlText(*value), "value mono") : HtmlCell("(absent)", "value soft");
    }
    out += "</tr>\n";
  }
  return out + CloseTable() + "</details>\n";
}

}  // namespace

std::string HtmlComparisons(const Report& report) {
  if (report.comparisons.empty()) return "";
  std::string out = Heading("comparison", "Comparison");
  for (const compare::Comparison& comparison : report.comparisons) {
    out += fmt::format(
        "<h3><code>{}</code> against <code>{}</code></h3>\n"
        "<p class=\"soft\">a: run {}; b: run {}; clock {}; {} tests equal. An effect is b's cost "
        "over a's, less one: more is worse.</p>\n",
        HtmlText(comparison.cell_b), HtmlText(comparison.cell_a), HtmlText(comparison.run_a),
        HtmlText(comparison.run_b), store::ClockName(comparison.clock), comparison.tests_equal);
    out += BenchmarkTable(comparison) + HtmlSlopeChanges(comparison) + Differences(comparison);
  }
  return out;
}

}  // namespace procmark::report
