// SPDX-License-Identifier: MIT
// The charts of the HTML page. Internal to report.
#pragma once

#include <string>
#include <vector>

#include "harness/report/chart.h"

namespace procmark::report {

// One element for each chart; the script of the page draws into it. The charts are numbered from
// `first` on.
std::string ChartElements(const std::vector<Chart>& charts, size_t first);

// The data of all charts of the page, by number, as JSON that is safe inside <script>.
std::string ChartJson(const std::vector<const Chart*>& charts);

}  // namespace procmark::report
