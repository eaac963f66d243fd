// SPDX-License-Identifier: MIT
// The document as one HTML file.
#pragma once

#include <string>

#include "harness/report/document.h"

namespace procmark::report {

// The page loads nothing from elsewhere, and it is readable without scripts. `chart_library` is the
// text of Chart.js; if it is empty, the page has no charts and says so. Outside of scripts and
// styles, the page is well-formed XML.
std::string RenderHtml(const Document& document, const std::string& chart_library);

// Reads Chart.js from the place where it was found at build time. Returns "" if it is not there.
std::string ReadChartLibrary();

}  // namespace procmark::report
