// SPDX-License-Identifier: MIT
// Whether the numbers can be trusted: self-checks of cells, and benchmarks compared with their
// limits.
#include "harness/compare/effect_text.h"
#include "harness/report/entries.h"
#include "harness/report/sections.h"

namespace procmark::report {
namespace {

using Kind = Column::Kind;

struct CheckedCanary {
  const compare::SelfCheckResult* check;
  const compare::Canary* canary;
};

Table SelfCheckTable(const Report& report) {
  using One = CheckedCanary;
  std::vector<One> rows;
  for (const compare::SelfCheckResult& check : report.self_checks) {
    rows.push_back({&check, &check.twin});
    rows.push_back({&check, &check.slow});
  }
  const std::vector<ColumnOf<One>> columns = {
      {{"cell", Kind::kName}, [](const One& one) { return TextEntry(one.check->cell); }},
      {{"canary", Kind::kName}, [](const One& one) { return TextEntry(one.canary->benchmark); }},
      {{"state", Kind::kVerdict}, [](const One& one) { return VerdictEntry(one.canary->state); }},
      {{"ratio", Kind::kNumber, Detail::kNormal},
       [](const One& one) { return RatioEntry(one.canary->ratio); }},
      {{"detectable", Kind::kNumber},
       [](const One& one) {
         const bool twin = one.canary == &one.check->twin;
         if (!twin || !one.check->minimal_detectable_effect) return Entry{};
         Entry entry = TextEntry(compare::SizeText(*one.check->minimal_detectable_effect));
         entry.number = one.check->minimal_detectable_effect;
         return entry;
       }},
      {{"finding", Kind::kProse}, [](const One& one) { return TextEntry(one.canary->sentence); }}};
  Table table;
  table.title = "Self-checks";
  table.note =
      "canary/twin is the same code as canary/base and must cost the same. canary/slow5 is 5 % "
      "slower by construction, and this difference must be found. detectable is the smallest "
      "difference that this cell finds in four of five such runs.";
  Fill(table, columns, rows);
  return table;
}

Table LimitCheckTable(const CellLimitChecks& limits) {
  using One = compare::LimitCheck;
  const std::vector<ColumnOf<One>> columns = {
      {{"benchmark", Kind::kName}, [](const One& one) { return TextEntry(one.bounded); }},
      {{"limit", Kind::kName}, [](const One& one) { return TextEntry(one.limit); }},
      {{"cost", Kind::kNumber, Detail::kFull},
       [](const One& one) {
         return one.ratio ? CostEntry(one.bounded_per_operation, one.unit) : Entry{};
       }},
      {{"cost of the limit", Kind::kNumber, Detail::kFull},
       [](const One& one) {
         return one.ratio ? CostEntry(one.limit_per_operation, one.unit) : Entry{};
       }},
      {{"ratio", Kind::kNumber}, [](const One& one) { return RatioEntry(one.ratio); }},
      {{"within 5 %", Kind::kVerdict}, [](const One& one) { return VerdictEntry(one.state); }},
      {{"finding", Kind::kProse}, [](const One& one) { return TextEntry(one.sentence); }}};
  Table table;
  table.title = "Benchmarks compared with their hand-written limits, in " + limits.cell;
  table.note =
      "A limit is a hand-written loop that does the same with the fewest possible instructions. It "
      "shows how much our own code adds to what it measures.";
  Fill(table, columns, limits.rows);
  return table;
}

}  // namespace

Sections CheckSections(const Report& report) {
  Section section;
  section.id = "checks";
  section.title = "Can these numbers be trusted?";
  if (!report.self_checks.empty()) section.tables.push_back(SelfCheckTable(report));
  for (const CellLimitChecks& limits : report.limits) {
    section.tables.push_back(LimitCheckTable(limits));
  }
  return UnlessEmpty(std::move(section));
}

}  // namespace procmark::report
