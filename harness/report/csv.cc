// SPDX-License-Identifier: MIT
// The benchmarks of a run as CSV (RFC 4180), for spreadsheets and data frames.
#include <fmt/format.h>

#include "harness/report/escape.h"
#include "harness/report/exporters.h"

namespace procmark::report {
namespace {

// In quotes if it contains a comma or a quote.
std::string CsvText(const std::string& text) {
  const std::string line = OneLine(text);
  if (line.find_first_of(",\"") == std::string::npos) return line;
  std::string quoted = "\"";
  for (const char c : line) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

}  // namespace

std::string ExportCsv(const ExportInput& input) {
  std::string out =
      "cell,clock,benchmark,from,to,unit,slices,samples,q25,min,median,mean,p90,p99\n";
  for (const compare::SummaryRow& row : input.report.rows) {
    out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", CsvText(row.cell),
                       store::ClockName(row.clock), CsvText(row.benchmark), CsvText(row.from),
                       CsvText(row.to), CsvText(row.unit), row.slices, row.samples, row.q25,
                       row.min, row.median, row.mean, row.p90, row.p99);
  }
  return out;
}

}  // namespace procmark::report
