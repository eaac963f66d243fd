// SPDX-License-Identifier: MIT
// Charts of all samples.
#include <fmt/format.h>

#include <algorithm>

#include "harness/compare/slices.h"
#include "harness/report/entries.h"
#include "harness/report/numbers.h"
#include "harness/report/sections.h"

namespace procmark::report {
namespace {

// If a benchmark has more samples in one cell, the chart leaves out whole slices, evenly.
constexpr int64_t kMostSamplesInAChart = 4000;

std::vector<ChartSlice> ChosenSlices(const compare::SliceList& slices, int64_t samples) {
  const auto step = static_cast<size_t>(
      std::max<int64_t>(1, (samples + kMostSamplesInAChart - 1) / kMostSamplesInAChart));
  std::vector<ChartSlice> chosen;
  for (size_t i = 0; i < slices.size(); i += step) {
    const wire::Slice& slice = slices[i]->slice;
    ChartSlice& points = chosen.emplace_back();
    points.index = static_cast<int64_t>(i);
    for (const int64_t sample : slice.samples) {
      points.values.push_back(static_cast<double>(sample) / static_cast<double>(slice.operations));
    }
  }
  return chosen;
}

int64_t DrawnSamples(const std::vector<Chart>& charts) {
  int64_t drawn = 0;
  for (const Chart& chart : charts) {
    for (const ChartSeries& series : chart.series) {
      for (const ChartSlice& slice : series.slices) {
        drawn += static_cast<int64_t>(slice.values.size());
      }
    }
  }
  return drawn;
}

}  // namespace

Sections SampleSections(const Report& report) {
  Section section;
  section.id = "samples";
  section.title = "All samples";
  section.detail = Detail::kFull;
  int64_t samples = 0;
  std::string cell;
  compare::SideSlices slices;
  for (const compare::SummaryRow& row : report.rows) {
    samples += row.samples;
    if (row.cell != cell) slices = compare::SlicesOf({.run = report.run, .cell = row.cell});
    cell = row.cell;
    // Different units cannot share an axis, so such a benchmark has one chart for each.
    auto chart = std::ranges::find_if(section.charts, [&row](const Chart& one) {
      return one.title == row.benchmark && one.unit == row.unit;
    });
    if (chart == section.charts.end()) {
      chart = section.charts.insert(
          section.charts.end(),
          {row.benchmark, row.unit, ValueOr(report.sentences, row.benchmark), {}});
    }
    chart->series.push_back({row.cell, row.min, row.q25, row.median, row.p90, row.p99,
                             ChosenSlices(slices.of.at(row.benchmark), row.samples)});
  }
  const int64_t drawn = DrawnSamples(section.charts);
  section.note = fmt::format(
      "Left: samples by slice, {} of {}{}; a triangle is a sample above the 99th percentile. "
      "Right: "
      "each cell from its minimum to its 90th percentile.",
      CountText(drawn), CountText(samples),
      drawn == samples ? "" : " (whole slices are left out evenly)");
  return UnlessEmpty(std::move(section));
}

}  // namespace procmark::report
