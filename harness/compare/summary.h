// What is shown of a run's samples: one row for each benchmark of each cell.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/store/run.h"

namespace procmark::compare {

// Costs are of one operation, in `unit`. q25 is what verdicts are made of: the median over the
// slices of each slice's q25. The others are of all samples. Clock exact: each quantile is a sample
// that was observed (stats::LowerQuantile over all of them), never an interpolation.
struct SummaryRow {
  std::string cell;
  store::Clock clock = store::Clock::kWall;
  std::string benchmark;
  std::string from;  // edges
  std::string to;
  std::string unit;
  int64_t slices = 0;
  int64_t samples = 0;
  int64_t operations = 1;  // inside one sample, of the first slice
  double q25 = 0;
  double min = 0;
  double median = 0;
  double mean = 0;
  double p90 = 0;
  double p99 = 0;
  // Per operation: the median over the slices that have the count.
  std::map<std::string, double> counts;
  std::map<std::string, double> footprint;    // of the first slice's subject
  std::map<std::string, std::string> absent;  // of some slice: counts it could not take, and why
};

// In the run's order of cells, then by name. A slice of a cell that the run does not
// list is shown too, after the others, as clock wall.
std::vector<SummaryRow> SummarizeRun(const store::Run& run);

}  // namespace procmark::compare
