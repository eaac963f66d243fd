// SPDX-License-Identifier: MIT
// The report as KTAP, the test format of the Linux kernel.
#include <fmt/format.h>

#include "harness/report/escape.h"
#include "harness/report/exporters.h"

namespace procmark::report {
namespace {

// Escapes '#', which would begin a directive.
std::string Description(const std::string& text) {
  std::string out;
  for (const char c : OneLine(text)) out += c == '#' ? std::string("\\#") : std::string(1, c);
  return out;
}

std::string Diagnostic(const std::string& text, const std::string& indent) {
  std::string out = indent + "# ";
  for (const char c : CleanText(text)) {
    out += c;
    if (c == '\n') out += indent + "# ";
  }
  return out + "\n";
}

struct Line {
  bool ok = true;
  std::string directive;  // " # SKIP reason"
};

Line ResultOf(const compare::FinalTest& test) {
  switch (test.verdict) {
    case wire::TestVerdict::kPass:
    case wire::TestVerdict::kXpass:
      return {};
    case wire::TestVerdict::kSkip:
      return {true, " # SKIP " + OneLine(test.reason)};
    case wire::TestVerdict::kXfail:
      return {true, " # XFAIL " + OneLine(test.expectation)};
    case wire::TestVerdict::kTimeout:
      return {false, " # TIMEOUT"};
    case wire::TestVerdict::kCrash:
      return {false, " # ERROR crash"};
    case wire::TestVerdict::kFail:
      return {false, ""};
  }
  return {false, ""};
}

}  // namespace

std::string ExportKtap(const ExportInput& input) {
  const Report& report = input.report;
  const std::vector<std::string> cells = TestCells(report);
  std::string out = fmt::format("KTAP version 1\n1..{}\n", cells.size());
  if (const std::string version = report.run->Version(); !version.empty()) {
    out += Diagnostic("procmark " + version, "");
  }
  size_t cell_number = 0;
  for (const std::string& cell : cells) {
    std::string lines;
    int64_t number = 0;
    bool all_ok = true;
    for (const compare::FinalTest& test : report.tests) {
      if (test.cell != cell) continue;
      const Line line = ResultOf(test);
      all_ok = all_ok && line.ok;
      if (!line.ok && !test.reason.empty()) lines += Diagnostic(test.reason, "  ");
      if (test.verdict == wire::TestVerdict::kXpass) {
        lines += Diagnostic("unexpected pass: " + test.expectation, "  ");
      }
      lines += fmt::format("  {} {} {}{}\n", line.ok ? "ok" : "not ok", ++number,
                           Description(test.test), line.directive);
    }
    out += fmt::format("  KTAP version 1\n  1..{}\n{}{} {} {}\n", number, lines,
                       all_ok ? "ok" : "not ok", ++cell_number, Description(cell));
  }
  return out;
}

}  // namespace procmark::report
