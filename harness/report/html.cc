// The report as one HTML file.
#include <fmt/format.h>

#include "harness/report/chart_data.h"
#include "harness/report/count_tables.h"
#include "harness/report/escape.h"
#include "harness/report/html_assets.h"
#include "harness/report/html_sections.h"
#include "harness/report/peer_tables.h"
#include "harness/report/report.h"
#include "harness/report/slope_tables.h"
#include "harness/report/subject_tables.h"

namespace procmark::report {
namespace {

// The library is ours to inline only when it cannot end its own element.
bool MayInline(const std::string& library) {
  return !library.empty() && library.find("</script") == std::string::npos;
}

std::string Navigation(const std::string& body) {
  static const std::pair<const char*, const char*> sections[] = {
      {"comparison", "Comparison"}, {"tests", "Tests"},           {"troubles", "Losses"},
      {"checks", "Checks"},         {"benchmarks", "Benchmarks"}, {"forms", "Raw and libc"},
      {"footprints", "Footprints"}, {"peers", "Peers"},           {"slopes", "Slopes"},
      {"counts", "Counts"},         {"samples", "Samples"},       {"environment", "Environment"},
      {"reproduce", "Reproduce"}};
  std::string out = "<nav>";
  for (const auto& [id, title] : sections) {
    if (body.find(fmt::format("<h2 id=\"{}\">", id)) == std::string::npos) continue;
    out += fmt::format("<a href=\"#{}\">{}</a> ", id, title);
  }
  return out + "</nav>\n";
}

}  // namespace

std::string RenderHtml(const Report& report, const std::string& chart_library) {
  const store::Run& run = *report.run;
  const ChartData charts = MakeChartData(report);
  const bool has_library = MayInline(chart_library) && !charts.charts.empty();
  const std::string body = HtmlComparisons(report) + HtmlTests(report) + HtmlTroubles(report) +
                           HtmlChecks(report) + HtmlBenchmarks(report) + HtmlSubjects(report) +
                           HtmlPeers(report) + HtmlSlopes(report) + HtmlCounts(report) +
                           HtmlCharts(report, charts, has_library) + HtmlEnvironment(report) +
                           HtmlReproduce(report);
  const std::string title = HtmlText(run.name.empty() ? run.id : run.name);
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
      "<title>procmark: {}</title>\n<style>{}</style>\n</head>\n<body>\n",
      title, kHtmlStyle);
  out += fmt::format(
      "<header>\n<h1>procmark: {}</h1>\n<p class=\"soft\">run <code>{}</code>, started {}{}</p>\n"
      "<p class=\"headline\">{}</p>\n{}{}</header>\n<main>\n",
      title, HtmlText(run.id), HtmlText(run.started_utc),
      run.complete ? "" : "; the record was cut short", HtmlText(Headline(report)),
      HtmlTiles(report), Navigation(body));
  out += body;
  out +=
      "</main>\n<footer>Made by procmark from the raw records of this run. Verdicts and "
      "intervals are derived; the samples are what was measured.</footer>\n";
  if (has_library) {
    out += fmt::format("<script type=\"application/json\" id=\"samples-data\">{}</script>\n",
                       charts.json);
    out += "<script>" + chart_library + "</script>\n<script>";
    out += kHtmlScript;
    out += "</script>\n";
  }
  return out + "</body>\n</html>\n";
}

}  // namespace procmark::report
