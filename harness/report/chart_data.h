// The data behind report.html's charts. Internal to report.
#pragma once

#include <string>
#include <vector>

#include "harness/report/report.h"

namespace procmark::report {

// Above this many samples of one benchmark in one cell, whole slices are left out evenly.
inline constexpr int64_t kMostPoints = 4000;

struct Chart {
  std::string benchmark;
  std::string unit;
};

struct ChartData {
  std::string json;  // safe inside <script>; one entry for each of `charts`, in order
  std::vector<Chart> charts;
  int64_t samples = 0;  // of the run
  int64_t drawn = 0;    // of those, in the charts
};

ChartData MakeChartData(const Report& report);

}  // namespace procmark::report
