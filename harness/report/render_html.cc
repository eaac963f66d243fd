// SPDX-License-Identifier: MIT
#include "harness/report/render_html.h"

#include <fmt/format.h>

#include "harness/report/escape.h"
#include "harness/report/exporters.h"
#include "harness/report/html_assets.h"
#include "harness/report/html_charts.h"
#include "harness/report/html_table.h"
#include "harness/report/numbers.h"

namespace procmark::report {
namespace {

// A library that contains "</script" would end its own element.
bool MayEmbed(const std::string& library) {
  return !library.empty() && library.find("</script") == std::string::npos;
}

std::string Tiles(const std::vector<Tally>& tallies) {
  std::string out = "<div class=\"tiles\">\n";
  for (const Tally& tally : tallies) {
    out += fmt::format("<div class=\"tile {}\"><b>{}</b><span>{}</span></div>\n",
                       kTones.NameOf(tally.tone), CountText(tally.count), HtmlText(tally.name));
  }
  return out + "</div>\n";
}

std::string Navigation(const Document& document) {
  std::string out = "<nav>";
  for (const Section& section : document.sections) {
    out += fmt::format("<a href=\"#{}\">{}</a> ", section.id, HtmlText(section.title));
  }
  return out + "</nav>\n";
}

std::string Header(const Document& document) {
  std::string facts;
  for (const auto& [name, value] : document.facts) {
    facts += fmt::format("{}{} <code>{}</code>", facts.empty() ? "" : ", ", HtmlText(name),
                         HtmlText(value));
  }
  return fmt::format(
      "<header>\n<h1>procmark: {}</h1>\n<p class=\"soft\">{}</p>\n<p class=\"headline\">{}</p>\n"
      "{}{}</header>\n",
      HtmlText(document.title), facts, HtmlText(document.headline), Tiles(document.tallies),
      Navigation(document));
}

std::vector<const Chart*> AllCharts(const Document& document) {
  std::vector<const Chart*> charts;
  for (const Section& section : document.sections) {
    for (const Chart& chart : section.charts) charts.push_back(&chart);
  }
  return charts;
}

std::string Charts(const Section& section, size_t first, bool has_library) {
  if (section.charts.empty()) return "";
  if (!has_library) {
    return "<p>This page has no charts, because Chart.js (Debian: libjs-chart.js) was not "
           "installed when procmark was built. The tables contain the numbers.</p>\n";
  }
  return "<noscript><p>Charts need JavaScript. The tables contain the same "
         "numbers.</p></noscript>\n" +
         ChartElements(section.charts, first);
}

std::string Body(const Document& document, bool has_library) {
  std::string out = "<main>\n";
  size_t charts = 0;
  for (const Section& section : document.sections) {
    out += fmt::format("<h2 id=\"{}\">{}</h2>\n", section.id, HtmlText(section.title));
    if (!section.note.empty()) {
      out += fmt::format("<p class=\"soft\">{}</p>\n", HtmlText(section.note));
    }
    for (const Table& table : section.tables) out += HtmlTable(table);
    out += Charts(section, charts, has_library);
    charts += section.charts.size();
  }
  return out + "</main>\n";
}

}  // namespace

std::string RenderHtml(const Document& document, const std::string& chart_library) {
  const std::vector<const Chart*> charts = AllCharts(document);
  const bool has_library = MayEmbed(chart_library) && !charts.empty();
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
      "<title>procmark: {}</title>\n<style>{}</style>\n</head>\n<body>\n",
      HtmlText(document.title), kHtmlStyle);
  out += Header(document) + Body(document, has_library);
  out +=
      "<footer>procmark made this page from the raw records of the run. Verdicts and intervals are "
      "computed from the samples in it.</footer>\n";
  if (has_library) {
    out += fmt::format("<script type=\"application/json\" id=\"samples-data\">{}</script>\n",
                       ChartJson(charts));
    out += "<script>" + chart_library + "</script>\n<script>";
    out += kHtmlScript;
    out += "</script>\n";
  }
  return out + "</body>\n</html>\n";
}

std::string ExportHtml(const ExportInput& input) {
  return RenderHtml(input.document, ReadChartLibrary());
}

}  // namespace procmark::report
