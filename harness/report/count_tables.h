// What was counted beside each time, in each format. Internal to report.
#pragma once

#include <string>

#include "harness/report/report.h"

namespace procmark::report {

// Minor and major faults, and switches of both kinds, of one operation; "-" where not counted.
std::string FaultsText(const compare::SummaryRow& row);
std::string SwitchesText(const compare::SummaryRow& row);

// Which counts could not be taken, once for each cell and reason; "" when all could.
std::string TextAbsentCounts(const Report& report);

// A table for each cell, its columns what was counted there, and under it what could not be, once
// for each reason; "" when nothing was counted.
std::string MarkdownCounts(const Report& report);
std::string HtmlCounts(const Report& report);

}  // namespace procmark::report
