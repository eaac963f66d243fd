// SPDX-License-Identifier: MIT
// Costs of all benchmarks, and what other tools measure for the same operation.
#include <fmt/format.h>

#include <algorithm>

#include "harness/report/entries.h"
#include "harness/report/numbers.h"
#include "harness/report/sections.h"

namespace procmark::report {
namespace {

using Kind = Column::Kind;
using compare::SummaryRow;

// "20 x 30": slices x samples in each.
Entry SampleCount(const SummaryRow& row) {
  const int64_t slices = std::max<int64_t>(1, row.slices);
  return TextEntry(row.samples % slices == 0
                       ? fmt::format("{} x {}", row.slices, row.samples / slices)
                       : fmt::format("{} in {}", CountText(row.samples), row.slices));
}

// The sum of two counts, or "-" if neither was taken.
Entry SumEntry(const SummaryRow& row, const char* one, const char* other) {
  std::map<std::string, double> sum;
  for (const char* name : {one, other}) {
    const auto found = row.counts.find(name);
    if (found != row.counts.end()) sum["sum"] += found->second;
  }
  Entry entry = TextEntry(PerOperationText(sum, "sum"));
  if (!sum.empty()) entry.number = sum["sum"];
  return entry;
}

std::vector<ColumnOf<SummaryRow>> BenchmarkColumns(const Report& report) {
  const auto cost = [](double SummaryRow::*member) {
    return [member](const SummaryRow& row) { return CostEntry(row.*member, row.unit); };
  };
  return {{{"benchmark", Kind::kName},
           [&report](const SummaryRow& row) {
             return WithHint(ValueOr(report.sentences, row.benchmark), TextEntry(row.benchmark));
           }},
          {{"edges", Kind::kText, Detail::kFull},
           [](const SummaryRow& row) { return TextEntry(row.from + " \u2192 " + row.to); }},
          {{"q25", Kind::kNumber}, cost(&SummaryRow::q25)},
          {{"median", Kind::kNumber}, cost(&SummaryRow::median)},
          {{"min", Kind::kNumber}, cost(&SummaryRow::min)},
          {{"p90", Kind::kNumber}, cost(&SummaryRow::p90)},
          {{"p99", Kind::kNumber, Detail::kFull}, cost(&SummaryRow::p99)},
          {{"mean", Kind::kNumber, Detail::kFull}, cost(&SummaryRow::mean)},
          {{"unit"}, [](const SummaryRow& row) { return TextEntry(row.unit + "/op"); }},
          {{"n", Kind::kNumber}, SampleCount},
          {{"faults", Kind::kNumber},
           [](const SummaryRow& row) { return SumEntry(row, "minor_faults", "major_faults"); }},
          {{"switches", Kind::kNumber}, [](const SummaryRow& row) {
             return SumEntry(row, "voluntary_switches", "involuntary_switches");
           }}};
}

Table PeerTable(const Report& report) {
  const std::vector<ColumnOf<PeerRow>> columns = {
      {{"other tool", Kind::kName}, [](const PeerRow& row) { return TextEntry(row.peer); }},
      {{"cell", Kind::kName, Detail::kNormal},
       [](const PeerRow& row) { return TextEntry(row.cell); }},
      {{"its cost", Kind::kNumber},
       [](const PeerRow& row) { return CostEntry(row.peer_cost, row.unit); }},
      {{"our cost", Kind::kNumber},
       [](const PeerRow& row) { return CostEntry(row.our_cost, row.unit); }},
      {{"unit"}, [](const PeerRow& row) { return TextEntry(row.unit + "/op"); }},
      {{"its / ours", Kind::kNumber},
       [](const PeerRow& row) {
         if (row.our_cost <= 0) return Entry{};
         Entry entry = TextEntry(fmt::format("{:.2f}", row.peer_cost / row.our_cost));
         entry.number = row.peer_cost / row.our_cost;
         return entry;
       }},
      {{"our benchmark", Kind::kName}, [](const PeerRow& row) { return TextEntry(row.ours); }},
      {{"why they differ", Kind::kProse}, [](const PeerRow& row) { return TextEntry(row.why); }}};
  Table table;
  table.title = "Other tools that measure a similar operation";
  Fill(table, columns, report.peers);
  return table;
}

}  // namespace

Sections BenchmarkSections(const Report& report) {
  Section section;
  section.id = "benchmarks";
  section.title = "Benchmarks";
  section.note =
      "Costs of one operation. Verdicts use q25: the median over the slices of each slice's lower "
      "quartile (on the exact clock: the sample at the lower quartile). The other columns are "
      "statistics of all samples. n is slices x samples in each slice. faults and switches are "
      "page "
      "faults and context switches per operation.";
  section.tables =
      TablesByCell<SummaryRow>(report.rows, [&report](const std::vector<SummaryRow>& rows) {
        const store::Clock clock = rows.front().clock;
        Table table;
        table.title = fmt::format("{} (clock {}{})", rows.front().cell, store::ClockName(clock),
                                  clock == store::Clock::kTcg ? ": shown, never judged" : "");
        Fill(table, BenchmarkColumns(report), rows);
        return table;
      });
  return UnlessEmpty(std::move(section));
}

Sections PeerSections(const Report& report) {
  if (report.peers.empty()) return {};
  Section section;
  section.id = "peers";
  section.title = "Other tools";
  section.tables = {PeerTable(report)};
  return {section};
}

}  // namespace procmark::report
