// Tiles, numbers, checks, charts, environment and commands in report.html.
#include "harness/report/html_sections.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/report/escape.h"
#include "harness/report/html_parts.h"
#include "harness/report/numbers.h"

namespace procmark::report {
namespace {

constexpr size_t kOpenCharts = 3;

std::string Tile(int64_t count, const char* name, const char* kind_when_any) {
  return fmt::format("<div class=\"tile {}\"><b>{}</b><span>{}</span></div>\n",
                     count > 0 ? kind_when_any : "", CountText(count), name);
}

std::string SelfCheckTable(const Report& report) {
  if (report.self_checks.empty()) return "";
  std::string out =
      "<h3>Canaries</h3>\n<p class=\"soft\">The twin is the base under another name and must not "
      "differ from it; the slow one is 5 % slower by construction and must be found.</p>\n" +
      OpenTable({"cell", "canary", "state", ">ratio", "finding"});
  for (const compare::SelfCheckResult& check : report.self_checks) {
    for (const compare::Canary* canary : {&check.twin, &check.slow}) {
      const std::string state = compare::CanaryStateName(canary->state);
      out += std::string("<tr>") + NameCell(check.cell) + NameCell(canary->benchmark) +
             HtmlCell(Pill(KindOf(state), state)) +
             NumberCell(canary->ratio ? RatioText(*canary->ratio) : "") +
             TextCell(canary->sentence) + "</tr>\n";
    }
  }
  return out + CloseTable();
}

std::string LimitTables(const Report& report) {
  std::string out;
  for (const CellLimitChecks& limits : report.limits) {
    out += fmt::format("<h3>Against the hand-written loop, in <code>{}</code></h3>\n",
                       HtmlText(limits.cell));
    out += OpenTable(
        {"benchmark", "limit", "within 5 %", ">ratio", ">benchmark", ">limit", "finding"});
    for (const compare::LimitCheck& row : limits.rows) {
      const std::string state = compare::LimitStateName(row.state);
      out += std::string("<tr>") + NameCell(row.bounded) + NameCell(row.limit) +
             HtmlCell(Pill(KindOf(state), state)) +
             NumberCell(row.ratio ? RatioText(*row.ratio) : "") +
             NumberCell(row.ratio ? CostText(row.bounded_per_operation, row.unit) : "") +
             NumberCell(row.ratio ? CostText(row.limit_per_operation, row.unit) : "") +
             TextCell(row.sentence) + "</tr>\n";
    }
    out += CloseTable();
  }
  return out;
}

std::string SentenceOf(const Report& report, const std::string& benchmark) {
  const auto found = report.sentences.find(benchmark);
  return found == report.sentences.end() ? "" : found->second;
}

}  // namespace

std::string HtmlTiles(const Report& report) {
  const compare::Findings& found = report.findings;
  return "<div class=\"tiles\">\n" + Tile(found.regressions, "regressions", "bad") +
         Tile(found.failures, "failures", "bad") +
         Tile(found.lost + found.refused, "lost or refused", "bad") +
         Tile(found.inconclusive, "inconclusive", "warn") +
         Tile(static_cast<int64_t>(report.tests.size()), "test verdicts", "") +
         Tile(static_cast<int64_t>(report.rows.size()), "benchmarks measured", "") + "</div>\n";
}

std::string HtmlChecks(const Report& report) {
  const std::string out = SelfCheckTable(report) + LimitTables(report);
  return out.empty() ? "" : Heading("checks", "Can these numbers be believed?") + out;
}

std::string HtmlBenchmarks(const Report& report) {
  if (report.rows.empty()) return "";
  std::string out = Heading("benchmarks", "Benchmarks");
  out +=
      "<p class=\"soft\">Costs of one operation. q25 is what verdicts are made of: the median "
      "over the slices of each slice's lower quartile (clock exact: the sample at the lower "
      "quartile). The other columns are of all samples.</p>\n";
  for (size_t i = 0; i < report.rows.size();) {
    const std::string& cell = report.rows[i].cell;
    const store::Clock clock = report.rows[i].clock;
    out += fmt::format("<h3><code>{}</code> <span class=\"soft\">clock {}{}</span></h3>\n",
                       HtmlText(cell), store::ClockName(clock),
                       clock == store::Clock::kTcg ? ": shown, never judged" : "");
    out += OpenTable({"benchmark", "edges", ">q25", ">median", ">min", ">p90", ">p99", ">mean",
                      "unit", ">slices", ">samples"});
    for (; i < report.rows.size() && report.rows[i].cell == cell; ++i) {
      const compare::SummaryRow& row = report.rows[i];
      out += fmt::format("<tr><td class=\"name\" title=\"{}\">{}</td>",
                         XmlAttribute(SentenceOf(report, row.benchmark)), HtmlText(row.benchmark));
      out += TextCell(row.from + " \u2192 " + row.to);
      for (const double value : {row.q25, row.median, row.min, row.p90, row.p99, row.mean}) {
        out += NumberCell(CostText(value, row.unit));
      }
      out += TextCell(row.unit + "/op") + NumberCell(CountText(row.slices)) +
             NumberCell(CountText(row.samples)) + "</tr>\n";
    }
    out += CloseTable();
  }
  return out;
}

std::string HtmlCharts(const Report& report, const ChartData& charts, bool has_library) {
  if (charts.charts.empty()) return "";
  std::string out = Heading("samples", "Every sample");
  if (!has_library) {
    return out +
           "<p>This page was made without its chart library (Chart.js; Debian: "
           "libjs-chart.js), so it has no charts. The tables hold the numbers.</p>\n";
  }
  out += fmt::format(
      "<p class=\"soft\">Left: raw samples by slice, {} of {} drawn{}; triangles lie beyond the "
      "99th percentile. Right: each cell from its minimum to its 90th percentile.</p>\n"
      "<noscript><p>Charts need JavaScript. The tables above hold the same "
      "numbers.</p></noscript>\n",
      CountText(charts.drawn), CountText(charts.samples),
      charts.drawn == charts.samples ? "" : " (whole slices left out evenly)");
  for (size_t i = 0; i < charts.charts.size(); ++i) {
    const std::string sentence = SentenceOf(report, charts.charts[i].benchmark);
    out += fmt::format(
        "<details data-chart=\"{0}\"{1}><summary><code>{2}</code> <span "
        "class=\"soft\">{3}{4}</span></summary>\n"
        "<div class=\"charts\"><div><canvas id=\"strip{0}\"></canvas></div>"
        "<div><canvas id=\"cells{0}\"></canvas></div></div></details>\n",
        i, i < kOpenCharts ? " open=\"open\"" : "", HtmlText(charts.charts[i].benchmark),
        HtmlText(charts.charts[i].unit),
        sentence.empty() ? "" : fmt::format(": {}", HtmlText(sentence)));
  }
  return out;
}

std::string HtmlEnvironment(const Report& report) {
  const store::Run& run = *report.run;
  std::string out = Heading("environment", "Environment and hashes");
  if (!run.environment.empty()) out += "<h3>Host</h3>\n" + KeyValueTable(run.environment);
  for (const store::Cell& cell : run.cells) {
    if (cell.inputs.empty() && cell.environment.empty()) continue;
    out += fmt::format(
        "<details><summary><code>{}</code> <span class=\"soft\">clock {}, {} inputs"
        "</span></summary>\n",
        HtmlText(cell.name), store::ClockName(cell.clock), cell.inputs.size());
    if (!cell.inputs.empty()) {
      out += "<h3>Inputs: what must be equal for numbers to be identical</h3>\n" +
             KeyValueTable(cell.inputs);
    }
    if (!cell.environment.empty()) {
      out += "<h3>Environment</h3>\n" + KeyValueTable(cell.environment);
    }
    out += "</details>\n";
  }
  return out;
}

std::string HtmlReproduce(const Report& report) {
  if (report.reproduce.empty() && report.run->plan_toml.empty()) return "";
  std::string out = Heading("reproduce", "How to reproduce and check");
  for (const Command& command : report.reproduce) {
    out += fmt::format("<p>{}</p>\n<pre>{}</pre>\n", HtmlText(command.sentence),
                       HtmlText(command.command));
  }
  if (!report.run->plan_toml.empty()) {
    out += fmt::format("<details><summary>The plan of this run</summary><pre>{}</pre></details>\n",
                       HtmlText(report.run->plan_toml));
  }
  return out;
}

}  // namespace procmark::report
