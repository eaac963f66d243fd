// Samples by slice, as compact JSON.
#include "harness/report/chart_data.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/compare/slices.h"
#include "harness/report/escape.h"

namespace procmark::report {
namespace {

using Json = nlohmann::ordered_json;

Json Points(const compare::SliceList& slices, int64_t samples, ChartData& data) {
  const size_t step = static_cast<size_t>((samples + kMostPoints - 1) / kMostPoints);
  Json points = Json::array();
  for (size_t i = 0; i < slices.size(); i += std::max<size_t>(1, step)) {
    const wire::Slice& slice = slices[i]->slice;
    Json values = Json::array();
    for (const int64_t sample : slice.samples) {
      values.push_back(static_cast<double>(sample) / static_cast<double>(slice.operations));
    }
    data.drawn += static_cast<int64_t>(slice.samples.size());
    points.push_back({{"slice", i}, {"values", std::move(values)}});
  }
  return points;
}

}  // namespace

ChartData MakeChartData(const Report& report) {
  ChartData data;
  std::vector<Json> entries;
  for (const compare::SummaryRow& row : report.rows) {
    data.samples += row.samples;
    // Two units share no axis: such a benchmark has a chart for each.
    auto at = std::find_if(data.charts.begin(), data.charts.end(), [&row](const Chart& chart) {
      return chart.benchmark == row.benchmark && chart.unit == row.unit;
    });
    if (at == data.charts.end()) {
      data.charts.push_back({row.benchmark, row.unit});
      at = data.charts.end() - 1;
      entries.push_back({{"name", CleanText(row.benchmark)},
                         {"unit", CleanText(row.unit)},
                         {"cells", Json::array()}});
    }
    Json& entry = entries[static_cast<size_t>(at - data.charts.begin())];
    const compare::SideSlices slices = compare::SlicesOf({.run = report.run, .cell = row.cell});
    entry["cells"].push_back({{"cell", CleanText(row.cell)},
                              {"min", row.min},
                              {"q25", row.q25},
                              {"median", row.median},
                              {"p90", row.p90},
                              {"p99", row.p99},
                              {"points", Points(slices.of.at(row.benchmark), row.samples, data)}});
  }
  data.json = ScriptJson(Json(entries).dump());
  return data;
}

}  // namespace procmark::report
