// The report as JUnit XML.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "harness/report/escape.h"
#include "harness/report/report.h"

namespace procmark::report {
namespace {

enum class Kind { kPassed, kFailure, kError, kSkipped };

struct Case {
  std::string classname;
  std::string name;
  double seconds = 0;
  Kind kind = Kind::kPassed;
  std::string type;     // of the failure or error
  std::string message;  // one line
  std::string body;     // more lines; of a passed case: its system-out
};

struct Suite {
  std::string name;
  std::vector<Case> cases;
};

int64_t CountOf(const Suite& suite, Kind kind) {
  return std::count_if(suite.cases.begin(), suite.cases.end(),
                       [kind](const Case& one) { return one.kind == kind; });
}

std::string Render(const Case& one) {
  std::string out = fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.6f}\"",
                                XmlAttribute(one.classname), XmlAttribute(one.name), one.seconds);
  if (one.kind == Kind::kPassed && one.body.empty()) return out + "/>\n";
  out += ">\n";
  if (one.kind == Kind::kPassed) {
    out += fmt::format("      <system-out>{}</system-out>\n", HtmlText(one.body));
  } else if (one.kind == Kind::kSkipped) {
    out += fmt::format("      <skipped message=\"{}\"/>\n", XmlAttribute(one.message));
  } else {
    const char* element = one.kind == Kind::kFailure ? "failure" : "error";
    out += fmt::format("      <{0} type=\"{1}\" message=\"{2}\">{3}</{0}>\n", element,
                       XmlAttribute(one.type), XmlAttribute(one.message), HtmlText(one.body));
  }
  return out + "    </testcase>\n";
}

std::string Render(const Suite& suite) {
  double seconds = 0;
  for (const Case& one : suite.cases) seconds += one.seconds;
  std::string out = fmt::format(
      "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" "
      "time=\"{:.6f}\">\n",
      XmlAttribute(suite.name), suite.cases.size(), CountOf(suite, Kind::kFailure),
      CountOf(suite, Kind::kError), CountOf(suite, Kind::kSkipped), seconds);
  for (const Case& one : suite.cases) out += Render(one);
  return out + "  </testsuite>\n";
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

Case TestCase(const compare::FinalTest& test) {
  const size_t point = test.test.find('.');
  Case one;
  one.classname = point == std::string::npos
                      ? test.cell
                      : fmt::format("{}.{}", test.cell, test.test.substr(0, point));
  one.name = point == std::string::npos ? test.test : test.test.substr(point + 1);
  one.seconds = static_cast<double>(test.duration_ns) / 1e9;
  one.message = FirstLine(test.reason);
  one.body = test.reason;
  switch (test.verdict) {
    case wire::TestVerdict::kPass:
      one.body.clear();
      break;
    case wire::TestVerdict::kXpass:
      one.body = fmt::format("unexpected pass; expected to fail: {}", test.expectation);
      break;
    case wire::TestVerdict::kFail:
      one.kind = Kind::kFailure;
      one.type =
          test.cause == wire::FailCause::kNone ? "assertion" : wire::FailCauseName(test.cause);
      break;
    case wire::TestVerdict::kSkip:
      one.kind = Kind::kSkipped;
      break;
    case wire::TestVerdict::kXfail:
      one.kind = Kind::kSkipped;
      one.message =
          fmt::format("expected failure: {}: {}", test.expectation, FirstLine(test.reason));
      break;
    case wire::TestVerdict::kTimeout:
    case wire::TestVerdict::kCrash:
      one.kind = Kind::kError;
      one.type = wire::TestVerdictName(test.verdict);
      break;
  }
  return one;
}

// What was measured in a cell, and what could not be.
Suite MeasuredSuite(const Report& report, const std::string& cell) {
  const std::string classname = cell + ".benchmarks";
  Suite suite{cell + " benchmarks", {}};
  for (const compare::SummaryRow& row : report.rows) {
    if (row.cell == cell) suite.cases.push_back({classname, row.benchmark, 0, {}, "", "", ""});
  }
  for (const store::Skip& skip : report.run->skips) {
    if (skip.cell != cell) continue;
    suite.cases.push_back(
        {classname, skip.skip.benchmark, 0, Kind::kSkipped, "", skip.skip.reason, ""});
  }
  for (const store::Refused& refused : report.run->refused) {
    if (refused.cell != cell) continue;
    suite.cases.push_back({classname, refused.refused.benchmark, 0, Kind::kError, "refused",
                           refused.refused.reason, ""});
  }
  int64_t number = 0;
  for (const store::Loss& loss : report.run->losses) {
    if (loss.cell != cell) continue;
    suite.cases.push_back({cell, fmt::format("{} {}", store::LossKindName(loss.kind), ++number), 0,
                           Kind::kError, store::LossKindName(loss.kind), loss.sentence,
                           fmt::format("{}\nagain: {}", loss.console_tail, loss.reproduce)});
  }
  return suite;
}

Suite ComparisonSuite(const compare::Comparison& comparison) {
  const std::string name = fmt::format("{} ({}) against {} ({})", comparison.cell_b,
                                       comparison.run_b, comparison.cell_a, comparison.run_a);
  Suite suite{name, {}};
  for (const compare::BenchmarkComparison& one : comparison.benchmarks) {
    Case verdict{comparison.cell_b + ".verdicts",
                 one.benchmark,
                 0,
                 Kind::kPassed,
                 compare::VerdictName(one.verdict),
                 fmt::format("{}: {}", compare::VerdictName(one.verdict), one.sentence),
                 ""};
    switch (one.verdict) {
      case compare::Verdict::kRegressed:
        verdict.kind = Kind::kFailure;
        break;
      case compare::Verdict::kNotDeterministic:
        verdict.kind = Kind::kError;
        break;
      case compare::Verdict::kInconclusive:
      case compare::Verdict::kShown:
        verdict.kind = Kind::kSkipped;
        break;
      default:
        verdict.body = verdict.message;
    }
    suite.cases.push_back(std::move(verdict));
  }
  for (const compare::TestChange& change : comparison.tests) {
    if (change.kind != compare::TestChange::Kind::kRegressed) continue;
    suite.cases.push_back({comparison.cell_b + ".verdicts", change.test, 0, Kind::kFailure,
                           "regressed",
                           fmt::format("{} -> {}", wire::TestVerdictName(change.a, "-"),
                                       wire::TestVerdictName(change.b, "-")),
                           change.reason});
  }
  return suite;
}

}  // namespace

std::string RenderJunit(const Report& report) {
  std::vector<Suite> suites;
  for (const std::string& cell : TestCells(report)) {
    Suite suite{cell + " tests", {}};
    for (const compare::FinalTest& test : report.tests) {
      if (test.cell == cell) suite.cases.push_back(TestCase(test));
    }
    suites.push_back(std::move(suite));
  }
  for (const store::Cell& cell : report.run->cells) {
    Suite suite = MeasuredSuite(report, cell.name);
    if (!suite.cases.empty()) suites.push_back(std::move(suite));
  }
  for (const compare::Comparison& comparison : report.comparisons) {
    suites.push_back(ComparisonSuite(comparison));
  }
  int64_t tests = 0;
  int64_t failures = 0;
  int64_t errors = 0;
  int64_t skipped = 0;
  std::string body;
  for (const Suite& suite : suites) {
    tests += static_cast<int64_t>(suite.cases.size());
    failures += CountOf(suite, Kind::kFailure);
    errors += CountOf(suite, Kind::kError);
    skipped += CountOf(suite, Kind::kSkipped);
    body += Render(suite);
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"procmark {}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" "
      "skipped=\"{}\">\n{}</testsuites>\n",
      XmlAttribute(report.run->id), tests, failures, errors, skipped, body);
}

}  // namespace procmark::report
