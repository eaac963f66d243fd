// SPDX-License-Identifier: MIT
// Faults, switches and hardware counters of each operation.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <set>

#include "harness/report/entries.h"
#include "harness/report/numbers.h"
#include "harness/report/sections.h"

namespace procmark::report {
namespace {

using Kind = Column::Kind;
using compare::SummaryRow;

// The order of columns. Other counts follow, by name.
constexpr const char* kOrder[] = {"minor_faults",         "major_faults", "voluntary_switches",
                                  "involuntary_switches", "elsewhere",    "fairness",
                                  "thp_splits",           "migrations",   "instructions_user",
                                  "instructions_kernel",  "cycles_user",  "cycles_kernel",
                                  "cache_misses",         "dtlb_misses",  "counter_share"};

// Recorded with the counts, but they describe the clock.
constexpr const char* kNotCounts[] = {"clock_by_syscall", "clock_tick_instructions"};

std::vector<std::string> CountNames(const std::vector<SummaryRow>& rows) {
  std::set<std::string> present;
  for (const SummaryRow& row : rows) {
    for (const auto& [name, count] : row.counts) present.insert(name);
  }
  for (const char* name : kNotCounts) present.erase(name);
  std::vector<std::string> names;
  for (const char* name : kOrder) {
    if (present.erase(name) > 0) names.emplace_back(name);
  }
  names.insert(names.end(), present.begin(), present.end());
  return names;
}

Table CountTable(const std::vector<SummaryRow>& rows) {
  std::vector<ColumnOf<SummaryRow>> columns = {
      {{"benchmark", Kind::kName}, [](const SummaryRow& row) { return TextEntry(row.benchmark); }}};
  for (const std::string& name : CountNames(rows)) {
    columns.push_back({{name, Kind::kNumber}, [name](const SummaryRow& row) {
                         Entry entry = TextEntry(PerOperationText(row.counts, name));
                         const auto found = row.counts.find(name);
                         if (found != row.counts.end()) entry.number = found->second;
                         return entry;
                       }});
  }
  Table table;
  table.title = "Counts per operation, in " + rows.front().cell;
  table.detail = Detail::kNormal;
  if (columns.size() > 1) Fill(table, columns, rows);
  return table;
}

// Counts that were not taken in one cell for one reason.
struct Absent {
  std::string cell;
  std::string reason;
  std::set<std::string> counts;
  std::vector<std::string> benchmarks;
  size_t measured = 0;  // benchmarks of the cell
};

std::vector<Absent> AbsentCounts(const std::vector<SummaryRow>& rows) {
  std::map<std::string, size_t> measured;
  std::map<std::pair<std::string, std::string>, Absent> groups;
  for (const SummaryRow& row : rows) {
    ++measured[row.cell];
    std::set<std::string> reasons;
    for (const auto& [count, reason] : row.absent) {
      groups[{row.cell, reason}].counts.insert(count);
      reasons.insert(reason);
    }
    for (const std::string& reason : reasons) {
      groups[{row.cell, reason}].benchmarks.push_back(row.benchmark);
    }
  }
  std::vector<Absent> absent;
  for (auto& [key, group] : groups) {
    std::tie(group.cell, group.reason) = key;
    group.measured = measured[group.cell];
    absent.push_back(std::move(group));
  }
  return absent;
}

Table AbsentTable(const std::vector<Absent>& absent) {
  constexpr size_t kMostNamesOnATerminal = 8;
  const std::vector<ColumnOf<Absent>> columns = {
      {{"cell", Kind::kName}, [](const Absent& one) { return TextEntry(one.cell); }},
      {{"benchmarks", Kind::kNumber},
       [](const Absent& one) {
         return TextEntry(fmt::format("{} of {}", one.benchmarks.size(), one.measured));
       }},
      {{"counts", Kind::kProse},
       [](const Absent& one) { return TextEntry(fmt::format("{}", fmt::join(one.counts, ", "))); }},
      {{"reason", Kind::kProse}, [](const Absent& one) { return TextEntry(one.reason); }},
      {{"which", Kind::kProse}, [](const Absent& one) {
         if (one.benchmarks.size() == one.measured) return Entry{};
         return At(
             one.benchmarks.size() > kMostNamesOnATerminal ? Detail::kNormal : Detail::kEssential,
             TextEntry(fmt::format("{}", fmt::join(one.benchmarks, ", "))));
       }}};
  Table table;
  table.title = "Counts that could not be taken";
  Fill(table, columns, absent);
  return table;
}

}  // namespace

Sections CountSections(const Report& report) {
  Section section;
  section.id = "counts";
  section.title = "Counts per operation";
  section.note =
      "Counts of the calling process and of the children that it reaped: the median over the "
      "slices. Faults and switches belong to the recorded samples. Migrations and hardware "
      "counters "
      "come from additional operations afterwards, because an inherited counter makes a fork "
      "slower. "
      "If counter_share is below 1, the counters took turns and their values were scaled up. "
      "elsewhere: the share of samples whose two edges were on different CPUs. fairness: how much "
      "of "
      "a round of concurrent operations had passed when the first of them ended. thp_splits counts "
      "the whole machine.";
  section.tables = TablesByCell<SummaryRow>(report.rows, CountTable);
  std::erase_if(section.tables, [](const Table& table) { return table.rows.empty(); });
  if (const std::vector<Absent> absent = AbsentCounts(report.rows); !absent.empty()) {
    section.tables.push_back(AbsentTable(absent));
  }
  return UnlessEmpty(std::move(section));
}

}  // namespace procmark::report
