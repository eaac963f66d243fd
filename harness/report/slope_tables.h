// What one more page, mapping or thread costs, in each format. Internal to report.
#pragma once

#include <string>

#include "harness/compare/comparison.h"
#include "harness/report/report.h"

namespace procmark::report {

// Of the run's own cells; "" when no sweep was measured.
std::string TextSlopes(const Report& report);
std::string MarkdownSlopes(const Report& report);
std::string HtmlSlopes(const Report& report);

// Of the two sides of a comparison; "" when they have no sweep in common.
std::string TextSlopeChanges(const compare::Comparison& comparison);
std::string MarkdownSlopeChanges(const compare::Comparison& comparison);
std::string HtmlSlopeChanges(const compare::Comparison& comparison);

}  // namespace procmark::report
