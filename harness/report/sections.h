// SPDX-License-Identifier: MIT
// The sections of a document, one function each. Internal to report. A function returns nothing if
// there is nothing to show. document.cc holds their order.
#pragma once

#include <vector>

#include "harness/report/document.h"
#include "harness/report/report.h"

namespace procmark::report {

using Sections = std::vector<Section>;

Sections ComparisonSections(const Report& report);   // one for each comparison
Sections TestSections(const Report& report);         // verdicts of the conformance tests
Sections ProblemSections(const Report& report);      // losses, refusals, skips, warnings
Sections CheckSections(const Report& report);        // can the numbers be trusted?
Sections BenchmarkSections(const Report& report);    // costs of all benchmarks
Sections LibcSections(const Report& report);         // what the C library adds
Sections FootprintSections(const Report& report);    // size of the measured processes
Sections PeerSections(const Report& report);         // numbers of other tools
Sections SlopeSections(const Report& report);        // what one more page or thread costs
Sections CountSections(const Report& report);        // faults, switches, hardware counters
Sections SampleSections(const Report& report);       // charts of all samples
Sections EnvironmentSections(const Report& report);  // host, inputs and environment of cells
Sections ReproduceSections(const Report& report);    // commands, plan

// Returns the warnings as a table with one row for each sentence, which names everything that it
// is about. Shared by comparisons and problems.
Table WarningTable(const std::vector<compare::Warning>& warnings);

// Returns {section}, or nothing if the section has neither tables nor charts.
Sections UnlessEmpty(Section section);

// Calls `make` with the rows of each cell, which must be neighbours in `rows`, and returns the
// tables.
template <typename RowType>
std::vector<Table> TablesByCell(const std::vector<RowType>& rows,
                                const std::function<Table(const std::vector<RowType>&)>& make) {
  std::vector<Table> tables;
  for (size_t begin = 0; begin < rows.size();) {
    size_t end = begin;
    while (end < rows.size() && rows[end].cell == rows[begin].cell) ++end;
    tables.push_back(make({rows.begin() + static_cast<std::ptrdiff_t>(begin),
                           rows.begin() + static_cast<std::ptrdiff_t>(end)}));
    begin = end;
  }
  return tables;
}

}  // namespace procmark::report
