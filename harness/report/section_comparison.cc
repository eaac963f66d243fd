// SPDX-License-Identifier: MIT
// Comparisons: verdicts, slopes, tests and setup of two sides.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/compare/effect_text.h"
#include "harness/report/entries.h"
#include "harness/report/numbers.h"
#include "harness/report/sections.h"

namespace procmark::report {
namespace {

using Kind = Column::Kind;

// A verdict that needs no explanation on a terminal.
bool IsQuiet(compare::Verdict verdict) {
  return verdict == compare::Verdict::kIdentical || verdict == compare::Verdict::kUnchanged ||
         verdict == compare::Verdict::kShown;
}

Table VerdictTable(const Report& report, const compare::Comparison& comparison) {
  using One = compare::BenchmarkComparison;
  const std::vector<ColumnOf<One>> columns = {
      {{"benchmark", Kind::kName},
       [&report](const One& one) {
         return WithHint(ValueOr(report.sentences, one.benchmark), TextEntry(one.benchmark));
       }},
      {{"a", Kind::kNumber},
       [](const One& one) { return CostEntry(one.a_per_operation, one.unit); }},
      {{"b", Kind::kNumber},
       [](const One& one) { return CostEntry(one.b_per_operation, one.unit); }},
      {{"unit"}, [](const One& one) { return TextEntry(one.unit + "/op"); }},
      {{"effect", Kind::kNumber}, [](const One& one) { return PercentEntry(one.effect); }},
      {{"interval", Kind::kInterval},
       [](const One& one) {
         return EffectEntry(one.effect, one.interval, one.threshold,
                            VerdictEntry(one.verdict).tone);
       }},
      {{"n", Kind::kNumber},
       [](const One& one) {
         return CountEntry(one.method == compare::Method::kPaired ? one.pairs : one.slices_b);
       }},
      {{"verdict", Kind::kVerdict}, [](const One& one) { return VerdictEntry(one.verdict); }},
      {{"why", Kind::kProse}, [](const One& one) {
         return At(IsQuiet(one.verdict) ? Detail::kNormal : Detail::kEssential,
                   TextEntry(one.sentence));
       }}};
  Table table;
  table.title =
      fmt::format("{} ({}) against {} ({}), clock {}", comparison.cell_b, comparison.run_b,
                  comparison.cell_a, comparison.run_a, store::ClockName(comparison.clock));
  table.note =
      "a and b are the costs of one operation. effect is b / a - 1: a positive effect means that b "
      "costs more. interval is the 95 % confidence interval of the effect. n is the number of "
      "pairs, "
      "or of slices of b where slices were not paired.";
  Fill(table, columns, comparison.benchmarks);
  return table;
}

Table SlopeChangeTable(const compare::Comparison& comparison) {
  using One = compare::SlopeChange;
  const std::vector<ColumnOf<One>> columns = {
      {{"sweep", Kind::kName}, [](const One& one) { return TextEntry(one.sweep); }},
      {{"a", Kind::kNumber}, [](const One& one) { return SlopeEntry(one.a); }},
      {{"b", Kind::kNumber}, [](const One& one) { return SlopeEntry(one.b); }},
      {{"unit"},
       [](const One& one) { return TextEntry(fmt::format("{} per {}", one.unit, one.per)); }},
      {{"b - a", Kind::kNumber}, [](const One& one) { return SlopeEntry(one.difference); }},
      {{"interval"},
       [](const One& one) {
         return one.interval ? TextEntry(fmt::format("[{}, {}]", SlopeText(one.interval->low),
                                                     SlopeText(one.interval->high)))
                             : Entry{};
       }},
      {{"relative", Kind::kNumber}, [](const One& one) { return PercentEntry(one.relative); }},
      {{"slope", Kind::kVerdict}, [](const One& one) { return VerdictEntry(one.state); }}};
  Table table;
  table.title = "slopes (shown, never judged: each of their points has a verdict)";
  Fill(table, columns, comparison.slopes);
  return table;
}

Table TestChangeTable(const Report& report, const compare::Comparison& comparison) {
  using One = compare::TestChange;
  const std::vector<ColumnOf<One>> columns = {
      {{"test", Kind::kName},
       [&report](const One& one) {
         return WithHint(ValueOr(report.says, one.test), TextEntry(one.test));
       }},
      {{"a", Kind::kVerdict}, [](const One& one) { return VerdictEntry(one.a); }},
      {{"b", Kind::kVerdict}, [](const One& one) { return VerdictEntry(one.b); }},
      {{"change", Kind::kVerdict}, [](const One& one) { return VerdictEntry(one.kind); }},
      {{"reason", Kind::kProse}, [](const One& one) { return TextEntry(one.reason); }}};
  Table table;
  table.title = fmt::format("tests that differ between a and b: {} ({} have equal verdicts)",
                            comparison.tests.size(), comparison.tests_equal);
  Fill(table, columns, comparison.tests);
  return table;
}

// Two kernels of different versions differ in hundreds of options that only one of them has. A
// terminal then leaves these out.
Table SetupTable(const compare::Comparison& comparison) {
  using One = compare::SetupDifference;
  constexpr std::ptrdiff_t kMostOneSided = 20;
  const auto value = [](const std::optional<std::string>& text) {
    return text ? TextEntry(*text) : TextEntry("(absent)");
  };
  const std::vector<ColumnOf<One>> columns = {
      {{"where"}, [](const One& one) { return TextEntry(one.where); }},
      {{"key", Kind::kName}, [](const One& one) { return TextEntry(one.key); }},
      {{"a", Kind::kCode}, [&value](const One& one) { return value(one.a); }},
      {{"b", Kind::kCode}, [&value](const One& one) { return value(one.b); }}};
  Table table;
  table.title = fmt::format("keys of the setup that differ between a and b: {}",
                            comparison.differences.size());
  table.folded = true;
  Fill(table, columns, comparison.differences);
  const auto one_sided = [](const One& one) {
    return one.where == "kernel config" && !(one.a && one.b);
  };
  if (std::ranges::count_if(comparison.differences, one_sided) > kMostOneSided) {
    for (size_t i = 0; i < comparison.differences.size(); ++i) {
      if (one_sided(comparison.differences[i])) table.rows[i].detail = Detail::kNormal;
    }
  }
  return table;
}

}  // namespace

Sections ComparisonSections(const Report& report) {
  Sections sections;
  for (const compare::Comparison& comparison : report.comparisons) {
    Section& section = sections.emplace_back();
    section.id =
        sections.size() == 1 ? "comparison" : fmt::format("comparison-{}", sections.size());
    section.title = fmt::format("{} against {}", comparison.cell_b, comparison.cell_a);
    section.tables.push_back(VerdictTable(report, comparison));
    if (!comparison.slopes.empty()) section.tables.push_back(SlopeChangeTable(comparison));
    if (!comparison.tests.empty() || comparison.tests_equal > 0) {
      section.tables.push_back(TestChangeTable(report, comparison));
    }
    if (!comparison.differences.empty()) section.tables.push_back(SetupTable(comparison));
    if (!comparison.warnings.empty()) section.tables.push_back(WarningTable(comparison.warnings));
  }
  return sections;
}

Table WarningTable(const std::vector<compare::Warning>& warnings) {
  struct Group {
    std::string sentence;
    std::vector<std::string> about;
  };
  std::vector<Group> groups;
  for (const compare::Warning& warning : warnings) {
    auto group = std::ranges::find(groups, warning.sentence, &Group::sentence);
    if (group == groups.end()) group = groups.insert(groups.end(), {warning.sentence, {}});
    if (!warning.about.empty()) group->about.push_back(warning.about);
  }
  const std::vector<ColumnOf<Group>> columns = {
      {{"warning"}, [](const Group& group) { return TextEntry(group.sentence); }},
      {{"about", Kind::kProse}, [](const Group& group) {
         return TextEntry(fmt::format("{}", fmt::join(group.about, ", ")));
       }}};
  Table table;
  table.title = "Warnings";
  Fill(table, columns, groups);
  return table;
}

}  // namespace procmark::report
