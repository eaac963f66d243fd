// SPDX-License-Identifier: MIT
// Style and script of the HTML page. Internal to report.
#pragma once

namespace procmark::report {

extern const char* const kHtmlStyle;
extern const char* const kHtmlScript;

}  // namespace procmark::report
