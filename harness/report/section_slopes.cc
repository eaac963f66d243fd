// SPDX-License-Identifier: MIT
// What one more page, mapping, descriptor or thread costs.
#include <fmt/format.h>

#include "harness/report/entries.h"
#include "harness/report/numbers.h"
#include "harness/report/sections.h"

namespace procmark::report {
namespace {

using Kind = Column::Kind;
using compare::SweepSlope;

Entry InterceptEntry(const SweepSlope& row) {
  Entry entry = CostEntry(row.intercept, row.unit);
  if (row.intercept_interval) {
    entry.text += fmt::format(" [{}, {}]", CostText(row.intercept_interval->low, row.unit),
                              CostText(row.intercept_interval->high, row.unit));
  }
  return entry;
}

Entry IntervalEntry(const SweepSlope& row) {
  if (!row.slope_interval) return {};
  return TextEntry(fmt::format("[{}, {}]", SlopeText(row.slope_interval->low),
                               SlopeText(row.slope_interval->high)));
}

Table SlopeTable(const std::vector<SweepSlope>& rows) {
  const std::vector<ColumnOf<SweepSlope>> columns = {
      {{"sweep", Kind::kName}, [](const SweepSlope& row) { return TextEntry(row.sweep); }},
      {{"slope", Kind::kNumber}, [](const SweepSlope& row) { return SlopeEntry(row.slope); }},
      {{"interval"}, IntervalEntry},
      {{"unit"},
       [](const SweepSlope& row) {
         return TextEntry(fmt::format("{} per {}", row.unit, row.per));
       }},
      {{"intercept", Kind::kNumber}, InterceptEntry},
      {{"points x rounds"},
       [](const SweepSlope& row) {
         return TextEntry(fmt::format("{} x {}", row.points.size(), row.rounds));
       }},
      {{"fit", Kind::kVerdict}, [](const SweepSlope& row) { return VerdictEntry(row.fit); }},
      {{"finding", Kind::kProse}, [](const SweepSlope& row) {
         const bool quiet = VerdictEntry(row.fit).tone == Tone::kGood;
         return At(quiet ? Detail::kNormal : Detail::kEssential, TextEntry(row.sentence));
       }}};
  Table table;
  table.title = "What one more costs, in " + rows.front().cell + " (slopes of sweeps)";
  Fill(table, columns, rows);
  return table;
}

}  // namespace

Sections SlopeSections(const Report& report) {
  Section section;
  section.id = "slopes";
  section.title = "What one more costs";
  section.note =
      "A sweep is a set of benchmarks that differ in one number. Its slope is what one more page, "
      "mapping, descriptor or thread costs. Its intercept is the cost without any of them. In "
      "square "
      "brackets: the 95 % confidence interval of the median over the rounds; on the exact clock, "
      "the "
      "smallest and the largest slope between neighbours. A nonlinear sweep has no single slope: "
      "read the costs of its benchmarks instead.";
  section.tables = TablesByCell<SweepSlope>(report.slopes, SlopeTable);
  return UnlessEmpty(std::move(section));
}

}  // namespace procmark::report
