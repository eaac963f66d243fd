// SPDX-License-Identifier: MIT
// Reads Chart.js.
#include <fstream>
#include <iterator>

#include "harness/report/render_html.h"

namespace procmark::report {

std::string ReadChartLibrary() {
  std::ifstream file(PROCMARK_CHART_JS, std::ios::binary);
  if (!file) return "";
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace procmark::report
