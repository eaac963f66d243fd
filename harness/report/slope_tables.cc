// Tables of slopes.
#include "harness/report/slope_tables.h"

#include <fmt/format.h>

#include "harness/compare/effect_text.h"
#include "harness/report/escape.h"
#include "harness/report/html_parts.h"
#include "harness/report/numbers.h"
#include "harness/report/text_table.h"

namespace procmark::report {
namespace {

using Align = TextTable::Align;
using Words = std::vector<std::string>;

constexpr const char* kWhat =
    "The slope of each sweep: what one more page, mapping, descriptor or thread costs; the "
    "intercept is what is left when there is none. In brackets: the 95 % interval of the median "
    "over the rounds; on the exact clock the least and the greatest slope between neighbours, and "
    "no interval of the intercept. A sweep that is bent has no one slope: its points tell.";

std::string InterceptText(const compare::SweepSlope& row) {
  const std::string intercept = CostText(row.intercept, row.unit);
  if (!row.intercept_interval) return intercept;
  return fmt::format("{} [{}, {}]", intercept, CostText(row.intercept_interval->low, row.unit),
                     CostText(row.intercept_interval->high, row.unit));
}

std::string IntervalText(const std::optional<stats::Interval>& interval) {
  if (!interval) return "";
  return fmt::format("[{}, {}]", SlopeText(interval->low), SlopeText(interval->high));
}

std::string UnitText(const std::string& unit, const std::string& per) {
  return fmt::format("{} per {}", unit, per);
}

// sweep, slope, interval, unit, intercept, points, form, finding
Words Fields(const compare::SweepSlope& row) {
  return {row.sweep,
          SlopeText(row.slope),
          IntervalText(row.slope_interval),
          UnitText(row.unit, row.per),
          InterceptText(row),
          fmt::format("{} x {}", row.points.size(), row.rounds),
          compare::SweepFitName(row.fit),
          row.sentence};
}

// sweep, a, b, unit, difference, interval, relative, state
Words Fields(const compare::SlopeChange& change) {
  return {change.sweep,
          SlopeText(change.a),
          SlopeText(change.b),
          UnitText(change.unit, change.per),
          SlopeText(change.difference),
          IntervalText(change.interval),
          change.relative ? compare::PercentText(*change.relative) : "",
          compare::SlopeStateName(change.state)};
}

std::string MarkdownRow(const Words& fields) {
  std::string out = "|";
  for (const std::string& field : fields) out += " " + MarkdownText(field) + " |";
  return out + "\n";
}

std::string HtmlRow(const Words& fields, size_t judged) {
  std::string out = "<tr>" + NameCell(fields[0]);
  for (size_t i = 1; i < fields.size(); ++i) {
    out += i == judged ? HtmlCell(Pill(KindOf(fields[i]), fields[i])) : TextCell(fields[i]);
  }
  return out + "</tr>\n";
}

// Calls `begin` with each cell's first row and `each` with every row.
template <typename Begin, typename Each, typename End>
void ByCell(const Report& report, Begin begin, Each each, End end) {
  for (size_t i = 0; i < report.slopes.size();) {
    const std::string& cell = report.slopes[i].cell;
    begin(report.slopes[i]);
    for (; i < report.slopes.size() && report.slopes[i].cell == cell; ++i) each(report.slopes[i]);
    end();
  }
}

}  // namespace

std::string TextSlopes(const Report& report) {
  std::string out;
  TextTable table({});
  ByCell(
      report,
      [&](const compare::SweepSlope& row) {
        out += fmt::format("\nwhat one more costs, in {} (slopes of sweeps)\n", OneLine(row.cell));
        table = TextTable({{"sweep"},
                           {"slope", Align::kRight},
                           {"interval"},
                           {"unit"},
                           {"intercept", Align::kRight},
                           {"points"},
                           {"form"},
                           {"finding"}});
      },
      [&](const compare::SweepSlope& row) { table.Add(Fields(row)); },
      [&] { out += table.Render(2); });
  return out;
}

std::string MarkdownSlopes(const Report& report) {
  std::string out;
  ByCell(
      report,
      [&](const compare::SweepSlope& row) {
        if (out.empty()) out += fmt::format("\n## What one more costs\n\n{}\n", kWhat);
        out += fmt::format("\n### {}: slopes\n\n", MarkdownText(row.cell));
        out +=
            "| sweep | slope | interval | unit | intercept | points x rounds | form | finding |\n"
            "|---|--:|---|---|--:|---|---|---|\n";
      },
      [&](const compare::SweepSlope& row) { out += MarkdownRow(Fields(row)); }, [] {});
  return out;
}

std::string HtmlSlopes(const Report& report) {
  constexpr size_t kForm = 6;
  std::string out;
  ByCell(
      report,
      [&](const compare::SweepSlope& row) {
        if (out.empty()) {
          out += Heading("slopes", "What one more costs");
          out += fmt::format("<p class=\"soft\">{}</p>\n", kWhat);
        }
        out += fmt::format("<h3><code>{}</code></h3>\n", HtmlText(row.cell));
        out += OpenTable({"sweep", "slope", "interval", "unit", "intercept", "points &#215; rounds",
                          "form", "finding"});
      },
      [&](const compare::SweepSlope& row) { out += HtmlRow(Fields(row), kForm); },
      [&] { out += CloseTable(); });
  return out;
}

std::string TextSlopeChanges(const compare::Comparison& comparison) {
  if (comparison.slopes.empty()) return "";
  TextTable table({{"sweep"},
                   {"a", Align::kRight},
                   {"b", Align::kRight},
                   {"unit"},
                   {"b - a", Align::kRight},
                   {"interval"},
                   {"relative", Align::kRight},
                   {"slope"}});
  for (const compare::SlopeChange& change : comparison.slopes) table.Add(Fields(change));
  return "  slopes (shown, never judged: their points are)\n" + table.Render(2);
}

std::string MarkdownSlopeChanges(const compare::Comparison& comparison) {
  if (comparison.slopes.empty()) return "";
  std::string out =
      "\nSlopes (shown, never judged: their points are):\n\n"
      "| sweep | a | b | unit | b - a | interval | relative | slope |\n"
      "|---|--:|--:|---|--:|---|--:|---|\n";
  for (const compare::SlopeChange& change : comparison.slopes) out += MarkdownRow(Fields(change));
  return out;
}

std::string HtmlSlopeChanges(const compare::Comparison& comparison) {
  constexpr size_t kState = 7;
  if (comparison.slopes.empty()) return "";
  std::string out =
      "<h3>Slopes: shown, never judged (their points are)</h3>\n" +
      OpenTable({"sweep", "a", "b", "unit", "b - a", "interval", "relative", "slope"});
  for (const compare::SlopeChange& change : comparison.slopes) {
    out += HtmlRow(Fields(change), kState);
  }
  return out + CloseTable();
}

}  // namespace procmark::report
