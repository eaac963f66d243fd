// SPDX-License-Identifier: MIT
#include "harness/report/document.h"

#include <algorithm>

#include "harness/report/report.h"
#include "harness/report/sections.h"
#include "harness/store/run_reader.h"

namespace procmark::report {
namespace {

// The order on a page. A terminal shows them in reverse, because its last lines are read first.
constexpr Sections (*kSections[])(const Report&) = {
    ComparisonSections, TestSections,        ProblemSections,  CheckSections, BenchmarkSections,
    LibcSections,       FootprintSections,   PeerSections,     SlopeSections, CountSections,
    SampleSections,     EnvironmentSections, ReproduceSections};

std::vector<Tally> Tallies(const Report& report) {
  const compare::Findings& found = report.findings;
  const auto tally = [](const char* name, int64_t count, Tone tone) {
    return Tally{name, count, count > 0 ? tone : Tone::kNone};
  };
  return {tally("regressions", found.regressions, Tone::kBad),
          tally("failures", found.failures, Tone::kBad),
          tally("lost or refused", found.lost + found.refused, Tone::kBad),
          tally("inconclusive", found.inconclusive, Tone::kWarn),
          tally("test verdicts", static_cast<int64_t>(report.tests.size()), Tone::kNone),
          tally("benchmarks measured", static_cast<int64_t>(report.rows.size()), Tone::kNone)};
}

}  // namespace

Document MakeDocument(const Report& report) {
  const store::Run& run = *report.run;
  Document document;
  document.title = run.name.empty() ? run.id : run.name;
  document.facts.emplace_back("run", run.id);
  if (!run.name.empty()) document.facts.emplace_back("name", run.name);
  document.facts.emplace_back("started", run.started_utc);
  if (const std::string version = run.Version(); !version.empty()) {
    document.facts.emplace_back("procmark", version);
  }
  if (!run.complete) document.facts.emplace_back("record", "cut short");
  document.headline = Headline(report);
  document.tallies = Tallies(report);
  for (const auto make : kSections) {
    for (Section& section : make(report)) document.sections.push_back(std::move(section));
  }
  return document;
}

VisibleTable VisibleAt(const Table& table, Detail level) {
  VisibleTable visible;
  for (const Row& row : table.rows) {
    if (row.detail <= level) visible.rows.push_back(&row);
  }
  visible.hidden_rows = table.rows.size() - visible.rows.size();
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].detail > level) continue;
    const bool any = std::ranges::any_of(
        visible.rows, [&](const Row* row) { return !TextAt(row->entries[i], level).empty(); });
    if (any) visible.columns.push_back(i);
  }
  return visible;
}

bool IsLong(const Column& column) {
  return column.kind == Column::Kind::kProse || column.kind == Column::Kind::kCode;
}

size_t LongColumns(const Table& table, const VisibleTable& visible) {
  return static_cast<size_t>(std::ranges::count_if(
      visible.columns, [&table](size_t column) { return IsLong(table.columns[column]); }));
}

const std::string& TextAt(const Entry& entry, Detail level) {
  static const std::string kNothing;
  return entry.detail <= level ? entry.text : kNothing;
}

Sections UnlessEmpty(Section section) {
  if (section.tables.empty() && section.charts.empty()) return {};
  return {std::move(section)};
}

}  // namespace procmark::report
