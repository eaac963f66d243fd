// What the C library adds, and what subjects weigh, in each format. Internal to report.
#pragma once

#include <string>

#include "harness/report/report.h"

namespace procmark::report {

// "" when there is nothing to show.
std::string TextSubjects(const Report& report);
std::string MarkdownSubjects(const Report& report);
std::string HtmlSubjects(const Report& report);

}  // namespace procmark::report
