// SPDX-License-Identifier: MIT
// Summarizes the samples of a run: one row for each benchmark of each cell.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/store/run.h"

namespace procmark::compare {

// All costs are of one operation, in `unit`. Verdicts use q25: the median over the slices of each
// slice's q25. The other statistics are of all samples. On the exact clock, every quantile is a
// sample that was observed (stats::LowerQuantile of all samples), not an interpolation.
struct SummaryRow {
  std::string cell;
  store::Clock clock = store::Clock::kWall;
  std::string benchmark;
  std::string from;  // the edges that were measured: "call"
  std::string to;    // "reaped"
  std::string unit;
  int64_t slices = 0;
  int64_t samples = 0;
  int64_t operations = 1;  // inside one sample of the first slice
  double q25 = 0;
  double min = 0;
  double median = 0;
  double mean = 0;
  double p90 = 0;
  double p99 = 0;
  // Per operation: the median over the slices that have the count.
  std::map<std::string, double> counts;
  std::map<std::string, double> footprint;    // of the subject of the first slice
  std::map<std::string, std::string> absent;  // counts that a slice could not take -> reason
};

// Returns rows in the run's order of cells, then by name. Cells that only occur in slices come
// last, with clock wall.
std::vector<SummaryRow> SummarizeRun(const store::Run& run);

}  // namespace procmark::compare
