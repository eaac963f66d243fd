// SPDX-License-Identifier: MIT
// Exporters: every file that is written from a report. docs/adding-an-exporter.md shows how to add
// one.
#pragma once

#include <string>

#include "harness/report/document.h"
#include "harness/report/report.h"

namespace procmark::report {

// What an exporter may use: the document for formats that show tables, the report for formats that
// have fields of their own.
struct ExportInput {
  const Report& report;
  const Document& document;
};

// All of these are pure: equal inputs give equal bytes. They make every text safe for their format.

// One offline page, readable without scripts. Charts need Chart.js, which is built in if it was
// installed at build time.
std::string ExportHtml(const ExportInput& input);
// GitHub's Markdown.
std::string ExportMarkdown(const ExportInput& input);
// JUnit's XML, for CI systems. One suite for the tests of each cell, one for its benchmarks, and
// one for each comparison. regressed and fail are failures. timeout, crash, refused, lost and not
// deterministic are errors. skip, xfail, inconclusive and shown are skipped, with their reason.
std::string ExportJunit(const ExportInput& input);
// KTAP version 1 (Documentation/dev-tools/ktap.rst), with one subtest for each cell.
std::string ExportKtap(const ExportInput& input);
// The JSON of Google Benchmark, for its tools: an "iteration" for each slice (its q25), and the
// aggregates q25, median, mean and min. Programs record no CPU time: cpu_time repeats real_time.
std::string ExportBenchmarkJson(const ExportInput& input);

// CSV with one line for each benchmark of each cell.
std::string ExportCsv(const ExportInput& input);

struct Exporter {
  const char* file_name;  // in the folder of the run
  std::string (*render)(const ExportInput& input);
};

inline constexpr Exporter kExporters[] = {
    {"report.html", ExportHtml},
    {"report.md", ExportMarkdown},
    {"junit.xml", ExportJunit},
    {"results.ktap", ExportKtap},
    {"benchmarks.json", ExportBenchmarkJson},
    {"benchmarks.csv", ExportCsv},
};

}  // namespace procmark::report
