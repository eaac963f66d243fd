// SPDX-License-Identifier: MIT
#include "harness/compare/summary.h"

#include <algorithm>

#include "harness/compare/slices.h"
#include "harness/stats/quantile.h"

namespace procmark::compare {
namespace {

void AddCounts(const SliceList& slices, SummaryRow& row) {
  std::map<std::string, std::vector<double>> seen;
  for (const store::Slice* slice : slices) {
    for (const auto& [name, count] : slice->slice.counts) seen[name].push_back(count);
    row.absent.insert(slice->slice.absent.begin(), slice->slice.absent.end());
  }
  for (const auto& [name, counts] : seen) row.counts[name] = stats::Median(counts);
}

SummaryRow Row(const std::string& cell, store::Clock clock, const SliceList& slices) {
  const wire::Slice& first = slices.front()->slice;
  SummaryRow row;
  row.cell = cell;
  row.clock = clock;
  row.benchmark = first.benchmark;
  row.from = first.from;
  row.to = first.to;
  row.unit = first.unit;
  row.slices = static_cast<int64_t>(slices.size());
  row.operations = first.operations;
  row.footprint = first.footprint;
  AddCounts(slices, row);
  std::vector<double> all;
  std::vector<double> q25s;
  std::vector<int64_t> raw;
  for (const store::Slice* slice : slices) {
    q25s.push_back(SliceQ25(*slice));
    const auto operations = static_cast<double>(slice->slice.operations);
    for (const int64_t sample : slice->slice.samples) {
      all.push_back(static_cast<double>(sample) / operations);
      raw.push_back(sample);
    }
  }
  const stats::Summary summary = stats::Summarize(all);
  row.samples = summary.n;
  row.min = summary.min;
  row.mean = summary.mean;
  if (clock == store::Clock::kExact) {
    const auto observed = [&](double p) {
      return static_cast<double>(stats::LowerQuantile(raw, p)) /
             static_cast<double>(first.operations);
    };
    row.q25 = observed(0.25);
    row.median = observed(0.5);
    row.p90 = observed(0.9);
    row.p99 = observed(0.99);
  } else {
    row.q25 = stats::Median(q25s);
    row.median = summary.median;
    row.p90 = summary.p90;
    row.p99 = summary.p99;
  }
  return row;
}

}  // namespace

std::vector<SummaryRow> SummarizeRun(const store::Run& run) {
  std::vector<std::pair<std::string, store::Clock>> cells;
  for (const store::Cell& cell : run.cells) cells.emplace_back(cell.name, cell.clock);
  for (const store::Slice& slice : run.slices) {
    const bool known = std::any_of(cells.begin(), cells.end(),
                                   [&slice](const auto& cell) { return cell.first == slice.cell; });
    if (!known) cells.emplace_back(slice.cell, store::Clock::kWall);
  }
  std::vector<SummaryRow> rows;
  for (const auto& [name, clock] : cells) {
    const SideSlices slices = SlicesOf(Side{.run = &run, .cell = name});
    for (const std::string& benchmark : slices.order) {
      rows.push_back(Row(name, clock, slices.of.at(benchmark)));
    }
  }
  return rows;
}

}  // namespace procmark::compare
