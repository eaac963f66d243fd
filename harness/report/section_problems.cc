// SPDX-License-Identifier: MIT
// What went wrong: losses, benchmarks that were not measured, warnings.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/report/entries.h"
#include "harness/report/sections.h"

namespace procmark::report {
namespace {

using Kind = Column::Kind;

Table LossTable(const store::Run& run) {
  using One = store::Loss;
  const std::vector<ColumnOf<One>> columns = {
      {{"kind", Kind::kVerdict},
       [](const One& one) { return VerdictEntry(store::LossKindName(one.kind), Tone::kBad); }},
      {{"cell", Kind::kName}, [](const One& one) { return TextEntry(one.cell); }},
      {{"what happened", Kind::kProse}, [](const One& one) { return TextEntry(one.sentence); }},
      {{"last lines of the console", Kind::kCode},
       [](const One& one) { return TextEntry(one.console_tail); }},
      {{"to see it again", Kind::kCode}, [](const One& one) { return TextEntry(one.reproduce); }}};
  Table table;
  table.title = "Crashes, timeouts and losses";
  table.layout = Table::Layout::kRecords;
  Fill(table, columns, run.losses);
  return table;
}

// Benchmarks that were not measured in one cell for one reason.
struct NotMeasured {
  bool refused = false;
  std::string cell;
  std::string reason;
  std::vector<std::string> benchmarks;
};

void AddNotMeasured(bool refused, const std::string& cell, const std::string& reason,
                    const std::string& benchmark, std::vector<NotMeasured>& groups) {
  auto group = std::ranges::find_if(groups, [&](const NotMeasured& one) {
    return one.refused == refused && one.cell == cell && one.reason == reason;
  });
  if (group == groups.end()) group = groups.insert(groups.end(), {refused, cell, reason, {}});
  group->benchmarks.push_back(benchmark);
}

Table NotMeasuredTable(const store::Run& run) {
  using One = NotMeasured;
  std::vector<One> groups;
  for (const store::Refused& one : run.refused) {
    AddNotMeasured(true, one.cell, one.refused.reason, one.refused.benchmark, groups);
  }
  for (const store::Skip& one : run.skips) {
    AddNotMeasured(false, one.cell, one.skip.reason, one.skip.benchmark, groups);
  }
  const std::vector<ColumnOf<One>> columns = {
      {{"what", Kind::kVerdict},
       [](const One& one) {
         return one.refused ? VerdictEntry("refused", Tone::kBad)
                            : VerdictEntry("skipped", Tone::kDull);
       }},
      {{"cell", Kind::kName}, [](const One& one) { return TextEntry(one.cell); }},
      {{"count", Kind::kNumber},
       [](const One& one) { return CountEntry(static_cast<int64_t>(one.benchmarks.size())); }},
      {{"reason", Kind::kProse}, [](const One& one) { return TextEntry(one.reason); }},
      {{"benchmarks", Kind::kProse}, [](const One& one) {
         return TextEntry(fmt::format("{}", fmt::join(one.benchmarks, ", ")));
       }}};
  Table table;
  table.title =
      fmt::format("Not measured: {} refused, {} skipped", run.refused.size(), run.skips.size());
  table.note =
      "A benchmark is refused if it detects that its own numbers are wrong. It is skipped if this "
      "machine cannot run it.";
  Fill(table, columns, groups);
  return table;
}

}  // namespace

Sections ProblemSections(const Report& report) {
  const store::Run& run = *report.run;
  Section section;
  section.id = "problems";
  section.title = "Losses, skips and warnings";
  if (!run.losses.empty()) section.tables.push_back(LossTable(run));
  if (!run.refused.empty() || !run.skips.empty()) section.tables.push_back(NotMeasuredTable(run));
  if (!report.warnings.empty()) section.tables.push_back(WarningTable(report.warnings));
  return UnlessEmpty(std::move(section));
}

}  // namespace procmark::report
