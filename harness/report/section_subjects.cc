// SPDX-License-Identifier: MIT
// The measured processes (subjects): what the C library adds to them, and how large they are.
#include <map>

#include "harness/compare/effect_text.h"
#include "harness/report/entries.h"
#include "harness/report/numbers.h"
#include "harness/report/sections.h"

namespace procmark::report {
namespace {

using Kind = Column::Kind;

Table LibcTable(const CellLibcOverheads& cell) {
  using One = compare::LibcOverhead;
  const std::vector<ColumnOf<One>> columns = {
      {{"benchmark", Kind::kName}, [](const One& one) { return TextEntry(one.raw); }},
      {{"raw", Kind::kNumber},
       [](const One& one) { return CostEntry(one.raw_per_operation, one.unit); }},
      {{"libc", Kind::kNumber},
       [](const One& one) { return CostEntry(one.libc_per_operation, one.unit); }},
      {{"unit"}, [](const One& one) { return TextEntry(one.unit + "/op"); }},
      {{"difference", Kind::kNumber},
       [](const One& one) { return SlopeEntry(one.libc_per_operation - one.raw_per_operation); }},
      {{"relative", Kind::kNumber}, [](const One& one) { return PercentEntry(one.ratio - 1); }},
      {{"interval"}, [](const One& one) {
         return one.interval ? TextEntry(compare::IntervalText(*one.interval)) : Entry{};
       }}};
  Table table;
  table.title = "What the C library adds, in " + cell.cell;
  Fill(table, columns, cell.rows);
  return table;
}

// Subjects of equal size.
struct Footprint {
  std::vector<double> size;  // in the order of kParts; -1 where it is unknown
  int64_t benchmarks = 0;
  std::string example;
};

constexpr const char* kParts[] = {"rss_kib", "vmas", "fds", "threads"};

Table FootprintTable(const std::vector<compare::SummaryRow>& rows) {
  std::map<std::vector<double>, Footprint> by_size;
  for (const compare::SummaryRow& row : rows) {
    if (row.footprint.empty()) continue;
    std::vector<double> size;
    for (const char* part : kParts) {
      const auto found = row.footprint.find(part);
      size.push_back(found == row.footprint.end() ? -1 : found->second);
    }
    Footprint& footprint = by_size[size];
    footprint.size = size;
    if (footprint.benchmarks++ == 0) footprint.example = row.benchmark;
  }
  std::vector<Footprint> footprints;
  for (auto& [size, footprint] : by_size) footprints.push_back(std::move(footprint));
  const auto part = [](size_t index) {
    return [index](const Footprint& one) {
      return one.size[index] < 0 ? TextEntry("-")
                                 : CountEntry(static_cast<int64_t>(one.size[index]));
    };
  };
  const std::vector<ColumnOf<Footprint>> columns = {
      {{"resident KiB", Kind::kNumber}, part(0)},
      {{"mappings", Kind::kNumber}, part(1)},
      {{"descriptors", Kind::kNumber}, part(2)},
      {{"threads", Kind::kNumber}, part(3)},
      {{"benchmarks", Kind::kNumber},
       [](const Footprint& one) { return CountEntry(one.benchmarks); }},
      {{"for example", Kind::kName}, [](const Footprint& one) { return TextEntry(one.example); }}};
  Table table;
  table.title = "Size of the measured processes, in " + rows.front().cell;
  Fill(table, columns, footprints);
  return table;
}

}  // namespace

Sections LibcSections(const Report& report) {
  Section section;
  section.id = "libc";
  section.title = "What the C library adds";
  section.note =
      "raw uses system calls directly, in a process without a C library. libc calls the function "
      "of "
      "the static C library, in a process with one. The difference is the work of that function "
      "and "
      "the larger process. interval is the 95 % confidence interval of the relative difference.";
  for (const CellLibcOverheads& cell : report.libc) section.tables.push_back(LibcTable(cell));
  return UnlessEmpty(std::move(section));
}

Sections FootprintSections(const Report& report) {
  Section section;
  section.id = "footprints";
  section.title = "Size of the measured processes";
  section.note =
      "Memory, mappings, descriptors and threads of each process before it measures, read from "
      "/proc. Benchmarks of equal size share a row.";
  section.tables = TablesByCell<compare::SummaryRow>(report.rows, FootprintTable);
  std::erase_if(section.tables, [](const Table& table) { return table.rows.empty(); });
  return UnlessEmpty(std::move(section));
}

}  // namespace procmark::report
