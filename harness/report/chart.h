// SPDX-License-Identifier: MIT
// Chart: the samples of one benchmark, slice by slice, in every cell that measured it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace procmark::report {

struct ChartSlice {
  int64_t index = 0;           // of the slice among the cell's slices of this benchmark
  std::vector<double> values;  // cost of one operation in each sample
};

struct ChartSeries {
  std::string cell;
  double min = 0;
  double q25 = 0;
  double median = 0;
  double p90 = 0;
  double p99 = 0;
  std::vector<ChartSlice> slices;
};

struct Chart {
  std::string title;
  std::string unit;
  std::string sentence;  // what the benchmark measures; may be empty
  std::vector<ChartSeries> series;
};

}  // namespace procmark::report
