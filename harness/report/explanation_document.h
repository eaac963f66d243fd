// SPDX-License-Identifier: MIT
// Documents of explanations: where the instructions of one operation go, and what differs between
// two cells. The renderers make text, Markdown and HTML of them.
#pragma once

#include <cstdint>

#include "harness/explain/difference.h"
#include "harness/explain/explanation.h"
#include "harness/report/document.h"

namespace procmark::report {

struct ExplanationView {
  double least_percent = 1;  // branches of the tree below this share of the sample are left out
  int64_t depth = 16;        // calls below this depth are left out
  int64_t functions = 20;    // rows of the table of functions; one more row sums up the others
};

Document ExplanationDocument(const explain::Explanation& explanation, const ExplanationView& view);

// What makes `b` dearer than `a`.
Document DifferenceDocument(const explain::Explanation& a, const explain::Explanation& b,
                            const explain::Difference& difference, const ExplanationView& view);

}  // namespace procmark::report
