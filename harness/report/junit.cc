// SPDX-License-Identifier: MIT
// The report as JUnit's XML.
#include <fmt/format.h>

#include <algorithm>
#include <pugixml.hpp>
#include <sstream>

#include "harness/report/escape.h"
#include "harness/report/exporters.h"

namespace procmark::report {
namespace {

enum class Outcome { kPassed, kFailure, kError, kSkipped };

struct Case {
  std::string classname;
  std::string name;
  double seconds = 0;
  Outcome outcome = Outcome::kPassed;
  std::string type;     // of a failure or an error
  std::string message;  // one line
  std::string body;     // more lines; of a passed case: its output
};

struct Suite {
  std::string name;
  std::vector<Case> cases;
};

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
      one.outcome = Outcome::kFailure;
      one.type =
          test.cause == wire::FailCause::kNone ? "assertion" : wire::FailCauseName(test.cause);
      break;
    case wire::TestVerdict::kSkip:
      one.outcome = Outcome::kSkipped;
      break;
    case wire::TestVerdict::kXfail:
      one.outcome = Outcome::kSkipped;
      one.message =
          fmt::format("expected failure: {}: {}", test.expectation, FirstLine(test.reason));
      break;
    case wire::TestVerdict::kTimeout:
    case wire::TestVerdict::kCrash:
      one.outcome = Outcome::kError;
      one.type = wire::TestVerdictName(test.verdict);
      break;
  }
  return one;
}

Suite TestSuite(const Report& report, const std::string& cell) {
  Suite suite{cell + " tests", {}};
  for (const compare::FinalTest& test : report.tests) {
    if (test.cell == cell) suite.cases.push_back(TestCase(test));
  }
  return suite;
}

// The benchmarks of a cell: measured, skipped or refused; and the losses of the cell.
Suite BenchmarkSuite(const Report& report, const std::string& cell) {
  const std::string classname = cell + ".benchmarks";
  Suite suite{cell + " benchmarks", {}};
  for (const compare::SummaryRow& row : report.rows) {
    if (row.cell == cell) suite.cases.push_back({classname, row.benchmark, 0, {}, "", "", ""});
  }
  for (const store::Skip& skip : report.run->skips) {
    if (skip.cell != cell) continue;
    suite.cases.push_back(
        {classname, skip.skip.benchmark, 0, Outcome::kSkipped, "", skip.skip.reason, ""});
  }
  for (const store::Refused& refused : report.run->refused) {
    if (refused.cell != cell) continue;
    suite.cases.push_back({classname, refused.refused.benchmark, 0, Outcome::kError, "refused",
                           refused.refused.reason, ""});
  }
  int64_t number = 0;
  for (const store::Loss& loss : report.run->losses) {
    if (loss.cell != cell) continue;
    const char* kind = store::LossKindName(loss.kind);
    suite.cases.push_back(
        {cell, fmt::format("{} {}", kind, ++number), 0, Outcome::kError, kind, loss.sentence,
         fmt::format("{}\nto see it again: {}", loss.console_tail, loss.reproduce)});
  }
  return suite;
}

Case VerdictCase(const compare::BenchmarkComparison& one, const std::string& classname) {
  const char* verdict = compare::VerdictName(one.verdict);
  Case result{classname, one.benchmark,
              0,         Outcome::kPassed,
              verdict,   fmt::format("{}: {}", verdict, one.sentence),
              ""};
  switch (one.verdict) {
    case compare::Verdict::kRegressed:
      result.outcome = Outcome::kFailure;
      break;
    case compare::Verdict::kNotDeterministic:
      result.outcome = Outcome::kError;
      break;
    case compare::Verdict::kInconclusive:
    case compare::Verdict::kShown:
      result.outcome = Outcome::kSkipped;
      break;
    case compare::Verdict::kIdentical:
    case compare::Verdict::kUnchanged:
    case compare::Verdict::kChanged:
    case compare::Verdict::kImproved:
      result.body = result.message;
      break;
  }
  return result;
}

Suite ComparisonSuite(const compare::Comparison& comparison) {
  const std::string classname = comparison.cell_b + ".verdicts";
  Suite suite{fmt::format("{} ({}) against {} ({})", comparison.cell_b, comparison.run_b,
                          comparison.cell_a, comparison.run_a),
              {}};
  for (const compare::BenchmarkComparison& one : comparison.benchmarks) {
    suite.cases.push_back(VerdictCase(one, classname));
  }
  for (const compare::TestChange& change : comparison.tests) {
    if (change.kind != compare::TestChange::Kind::kRegressed) continue;
    suite.cases.push_back({classname, change.test, 0, Outcome::kFailure, "regressed",
                           fmt::format("{} -> {}", wire::TestVerdictName(change.a, "-"),
                                       wire::TestVerdictName(change.b, "-")),
                           change.reason});
  }
  return suite;
}

std::vector<Suite> Suites(const Report& report) {
  std::vector<Suite> suites;
  for (const std::string& cell : TestCells(report)) suites.push_back(TestSuite(report, cell));
  for (const store::Cell& cell : report.run->cells) {
    Suite suite = BenchmarkSuite(report, cell.name);
    if (!suite.cases.empty()) suites.push_back(std::move(suite));
  }
  for (const compare::Comparison& comparison : report.comparisons) {
    suites.push_back(ComparisonSuite(comparison));
  }
  return suites;
}

// pugixml escapes markup but writes characters that XML forbids.
void Set(pugi::xml_node node, const char* attribute, const std::string& value) {
  node.append_attribute(attribute).set_value(CleanText(value).c_str());
}

void SetText(pugi::xml_node node, const std::string& text) {
  node.text().set(CleanText(text).c_str());
}

void SetCounts(pugi::xml_node node, const std::vector<const Suite*>& suites) {
  const auto count = [&suites](auto condition) {
    int64_t number = 0;
    for (const Suite* suite : suites) number += std::ranges::count_if(suite->cases, condition);
    return std::to_string(number);
  };
  const auto with = [](Outcome outcome) {
    return [outcome](const Case& one) { return one.outcome == outcome; };
  };
  Set(node, "tests", count([](const Case&) { return true; }));
  Set(node, "failures", count(with(Outcome::kFailure)));
  Set(node, "errors", count(with(Outcome::kError)));
  Set(node, "skipped", count(with(Outcome::kSkipped)));
}

void Append(const Case& one, pugi::xml_node parent) {
  pugi::xml_node node = parent.append_child("testcase");
  Set(node, "classname", one.classname);
  Set(node, "name", one.name);
  Set(node, "time", fmt::format("{:.6f}", one.seconds));
  if (one.outcome == Outcome::kPassed) {
    if (!one.body.empty()) SetText(node.append_child("system-out"), one.body);
  } else if (one.outcome == Outcome::kSkipped) {
    Set(node.append_child("skipped"), "message", one.message);
  } else {
    pugi::xml_node problem =
        node.append_child(one.outcome == Outcome::kFailure ? "failure" : "error");
    Set(problem, "type", one.type);
    Set(problem, "message", one.message);
    if (!one.body.empty()) SetText(problem, one.body);
  }
}

void Append(const Suite& suite, const std::string& version, pugi::xml_node parent) {
  pugi::xml_node node = parent.append_child("testsuite");
  double seconds = 0;
  for (const Case& one : suite.cases) seconds += one.seconds;
  Set(node, "name", suite.name);
  SetCounts(node, {&suite});
  Set(node, "time", fmt::format("{:.6f}", seconds));
  if (!version.empty()) {
    pugi::xml_node property = node.append_child("properties").append_child("property");
    Set(property, "name", store::kVersionKey);
    Set(property, "value", version);
  }
  for (const Case& one : suite.cases) Append(one, node);
}

}  // namespace

std::string ExportJunit(const ExportInput& input) {
  const std::vector<Suite> suites = Suites(input.report);
  std::vector<const Suite*> all;
  for (const Suite& suite : suites) all.push_back(&suite);
  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  Set(declaration, "version", "1.0");
  Set(declaration, "encoding", "UTF-8");
  pugi::xml_node root = document.append_child("testsuites");
  Set(root, "name", "procmark " + input.report.run->id);
  SetCounts(root, all);
  for (const Suite& suite : suites) Append(suite, input.report.run->Version(), root);
  std::ostringstream out;
  document.save(out, "  ");
  return out.str();
}

}  // namespace procmark::report
