// SPDX-License-Identifier: MIT
#include "harness/report/html_charts.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/report/escape.h"

namespace procmark::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kOpenCharts = 3;  // the others are drawn when a reader opens them

Json SeriesJson(const ChartSeries& series) {
  Json points = Json::array();
  for (const ChartSlice& slice : series.slices) {
    points.push_back({{"slice", slice.index}, {"values", slice.values}});
  }
  return {{"cell", CleanText(series.cell)}, {"min", series.min}, {"q25", series.q25},
          {"median", series.median},        {"p90", series.p90}, {"p99", series.p99},
          {"points", std::move(points)}};
}

}  // namespace

std::string ChartElements(const std::vector<Chart>& charts, size_t first) {
  std::string out;
  for (size_t i = 0; i < charts.size(); ++i) {
    const Chart& chart = charts[i];
    out += fmt::format(
        "<details data-chart=\"{0}\"{1}><summary><code>{2}</code> <span "
        "class=\"soft\">{3}{4}</span></summary>\n"
        "<div class=\"charts\"><div><canvas id=\"strip{0}\"></canvas></div>"
        "<div><canvas id=\"cells{0}\"></canvas></div></div></details>\n",
        first + i, first + i < kOpenCharts ? " open=\"open\"" : "", HtmlText(chart.title),
        HtmlText(chart.unit),
        chart.sentence.empty() ? "" : fmt::format(": {}", HtmlText(chart.sentence)));
  }
  return out;
}

std::string ChartJson(const std::vector<const Chart*>& charts) {
  Json entries = Json::array();
  for (const Chart* chart : charts) {
    Json cells = Json::array();
    for (const ChartSeries& series : chart->series) cells.push_back(SeriesJson(series));
    entries.push_back({{"name", CleanText(chart->title)},
                       {"unit", CleanText(chart->unit)},
                       {"cells", std::move(cells)}});
  }
  return ScriptJson(entries.dump());
}

}  // namespace procmark::report
