// The sections of report.html. Internal to report. Each returns HTML that is well-formed XML too,
// or nothing when there is nothing to show.
#pragma once

#include <string>

#include "harness/report/chart_data.h"
#include "harness/report/report.h"

namespace procmark::report {

std::string HtmlTiles(const Report& report);
std::string HtmlComparisons(const Report& report);
std::string HtmlTests(const Report& report);
std::string HtmlTroubles(const Report& report);
std::string HtmlChecks(const Report& report);
std::string HtmlBenchmarks(const Report& report);
std::string HtmlCharts(const Report& report, const ChartData& charts, bool has_library);
std::string HtmlEnvironment(const Report& report);
std::string HtmlReproduce(const Report& report);

}  // namespace procmark::report
