// SPDX-License-Identifier: MIT
// A table of the document as HTML. Internal to report.
#pragma once

#include <string>

#include "harness/report/document.h"

namespace procmark::report {

// With its heading and note. "" if the page does not show it.
std::string HtmlTable(const Table& table);

}  // namespace procmark::report
