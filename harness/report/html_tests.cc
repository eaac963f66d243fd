// Tests and troubles in report.html.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/report/escape.h"
#include "harness/report/html_parts.h"
#include "harness/report/html_sections.h"
#include "harness/report/test_matrix.h"

namespace procmark::report {
namespace {

using wire::TestVerdict;

const char* Letter(TestVerdict verdict) {
  switch (verdict) {
    case TestVerdict::kPass:
      return "\u2713";
    case TestVerdict::kFail:
      return "F";
    case TestVerdict::kSkip:
      return "\u2013";
    case TestVerdict::kTimeout:
      return "T";
    case TestVerdict::kCrash:
      return "C";
    case TestVerdict::kXfail:
      return "x";
    case TestVerdict::kXpass:
      return "X";
  }
  return "?";
}

std::string NotPassed(const Report& report) {
  std::string rows;
  for (const compare::FinalTest& test : report.tests) {
    if (test.verdict == TestVerdict::kPass) continue;
    std::string why =
        test.reason.empty() ? "" : fmt::format("<pre>{}</pre>", HtmlText(test.reason));
    if (!test.expectation.empty()) {
      why += fmt::format("<p class=\"soft\">expected: {}</p>", HtmlText(test.expectation));
    }
    const std::string verdict = wire::TestVerdictName(test.verdict);
    rows += std::string("<tr>") + NameCell(test.test) + NameCell(test.cell) +
            HtmlCell(Pill(KindOf(verdict), verdict)) + HtmlCell(why) + "</tr>\n";
  }
  if (rows.empty()) return "<p>Every test that ran passed.</p>\n";
  return OpenTable({"test", "cell", "verdict", "reason"}) + rows + CloseTable();
}

std::string MatrixCell(std::optional<TestVerdict> verdict) {
  if (!verdict) return "<td></td>";
  const char* name = wire::TestVerdictName(*verdict);
  return fmt::format("<td><span class=\"v pill {}\" title=\"{}\">{}</span></td>", KindOf(name),
                     name, Letter(*verdict));
}

std::string MatrixTable(const Report& report, const std::vector<std::string>& cells,
                        const std::vector<MatrixRow>& rows) {
  std::string out = "<div class=\"scroll\"><table class=\"matrix\">\n<thead><tr><th>test</th>";
  for (const std::string& cell : cells) {
    out += fmt::format("<th class=\"cell\">{}</th>", HtmlText(cell));
  }
  out += "</tr></thead>\n<tbody>\n";
  for (const MatrixRow& row : rows) {
    const auto says = report.says.find(row.test);
    out += says == report.says.end() ? std::string("<tr>") + NameCell(row.test)
                                     : fmt::format("<tr><td class=\"name\" title=\"{}\">{}</td>",
                                                   XmlAttribute(says->second), HtmlText(row.test));
    for (const auto& verdict : row.verdicts) out += MatrixCell(verdict);
    out += "</tr>\n";
  }
  return out + CloseTable();
}

std::string Matrix(const Report& report) {
  const TestMatrix matrix = MakeTestMatrix(report);
  std::string out;
  if (const std::vector<MatrixRow> differing = matrix.Differing(); !differing.empty()) {
    out += fmt::format("<h3>Differences between cells: {} tests</h3>\n", differing.size());
    out += MatrixTable(report, matrix.cells, differing);
  }
  out += fmt::format(
      "<details><summary>Matrix: {} tests in {} cells</summary>\n<p class=\"soft\">\u2713 pass, "
      "F fail, T timeout, C crash, \u2013 skip, x expected failure, X unexpected pass</p>\n",
      matrix.rows.size(), matrix.cells.size());
  return out + MatrixTable(report, matrix.cells, matrix.rows) + "</details>\n";
}

std::string Losses(const store::Run& run) {
  std::string out;
  for (const store::Loss& loss : run.losses) {
    out += fmt::format("<div class=\"loss\"><p>{} <code>{}</code>: {}</p>\n",
                       Pill("bad", store::LossKindName(loss.kind)), HtmlText(loss.cell),
                       HtmlText(loss.sentence));
    if (!loss.console_tail.empty()) {
      out += fmt::format("<p class=\"soft\">last lines of the console</p><pre>{}</pre>\n",
                         HtmlText(loss.console_tail));
    }
    if (!loss.reproduce.empty()) {
      out += fmt::format("<p class=\"soft\">to see it again</p><pre>{}</pre>\n",
                         HtmlText(loss.reproduce));
    }
    out += "</div>\n";
  }
  return out;
}

std::string NotMeasured(const store::Run& run) {
  if (run.refused.empty() && run.skips.empty()) return "";
  std::string out = fmt::format("<h3>Not measured: {} refused, {} skipped</h3>\n",
                                run.refused.size(), run.skips.size());
  out += OpenTable({"benchmark", "cell", "what", "reason"});
  for (const store::Refused& refused : run.refused) {
    out += std::string("<tr>") + NameCell(refused.refused.benchmark) + NameCell(refused.cell) +
           HtmlCell(Pill("bad", "refused")) + TextCell(refused.refused.reason) + "</tr>\n";
  }
  for (const store::Skip& skip : run.skips) {
    out += std::string("<tr>") + NameCell(skip.skip.benchmark) + NameCell(skip.cell) +
           HtmlCell(Pill("dull", "skipped")) + TextCell(skip.skip.reason) + "</tr>\n";
  }
  return out + CloseTable();
}

}  // namespace

std::string HtmlTests(const Report& report) {
  const std::vector<std::string> cells = TestCells(report);
  if (cells.empty()) return "";
  std::string out = Heading("tests", "Tests");
  out += "<ul>\n";
  for (const std::string& cell : cells) {
    out += fmt::format("<li><code>{}</code>", HtmlText(cell));
    for (const auto& [verdict, count] : TestCounts(report, cell)) {
      const char* name = wire::TestVerdictName(verdict);
      out += fmt::format(" {}", Pill(KindOf(name), fmt::format("{} {}", count, name)));
    }
    out += "</li>\n";
  }
  return out + "</ul>\n" + NotPassed(report) + Matrix(report);
}

std::string HtmlTroubles(const Report& report) {
  const store::Run& run = *report.run;
  std::string out = Losses(run) + NotMeasured(run);
  if (!report.warnings.empty()) out += "<h3>Warnings</h3>\n<ul>\n";
  for (const compare::Warning& warning : report.warnings) {
    out += fmt::format(
        "<li>{}{}</li>\n",
        warning.about.empty() ? "" : fmt::format("<code>{}</code>: ", HtmlText(warning.about)),
        HtmlText(warning.sentence));
  }
  if (!report.warnings.empty()) out += "</ul>\n";
  return out.empty() ? "" : Heading("troubles", "Crashes, losses and what was not measured") + out;
}

}  // namespace procmark::report
