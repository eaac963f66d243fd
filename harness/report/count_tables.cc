// Tables of counts.
#include "harness/report/count_tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <set>

#include "harness/report/escape.h"
#include "harness/report/html_parts.h"
#include "harness/report/numbers.h"

namespace procmark::report {
namespace {

constexpr const char* kWhat =
    "Per operation, of the caller and the children that it reaped: the median over the slices. "
    "Faults and switches are of the recorded samples; migrations and the CPU's own counters are of "
    "operations of their own, after those, because an inherited counter makes a fork dearer. A "
    "counter_share below 1 says that counters took turns and were scaled up. elsewhere is the "
    "share "
    "of samples whose two edges, which are two tasks', were on two CPUs; fairness how much of a "
    "round of many at once had passed when the first of them was through with it; thp_splits the "
    "whole machine's.";

// The order of columns; what else there is comes after, by name. What begins with clock_ is no
// count.
const std::vector<std::string>& Order() {
  static const std::vector<std::string> order = {
      "minor_faults",         "major_faults", "voluntary_switches",
      "involuntary_switches", "elsewhere",    "fairness",
      "thp_splits",           "migrations",   "instructions_user",
      "instructions_kernel",  "cycles_user",  "cycles_kernel",
      "cache_misses",         "dtlb_misses",  "counter_share"};
  return order;
}

// Counts that were not taken, and of which benchmarks.
struct Absent {
  std::set<std::string> counts;
  std::set<std::string> benchmarks;
};

struct CellCounts {
  std::string cell;
  std::vector<const compare::SummaryRow*> rows;
  std::vector<std::string> columns;
  std::map<std::string, Absent> absent;  // by reason
};

std::vector<CellCounts> ByCell(const Report& report) {
  std::vector<CellCounts> cells;
  for (const compare::SummaryRow& row : report.rows) {
    if (cells.empty() || cells.back().cell != row.cell) cells.push_back({row.cell, {}, {}, {}});
    cells.back().rows.push_back(&row);
    for (const auto& [count, reason] : row.absent) {
      Absent& absent = cells.back().absent[reason];
      absent.counts.insert(count);
      absent.benchmarks.insert(row.benchmark);
    }
  }
  for (CellCounts& cell : cells) {
    std::set<std::string> present;
    for (const compare::SummaryRow* row : cell.rows) {
      for (const auto& [name, count] : row->counts) present.insert(name);
    }
    present.erase("clock_by_syscall");
    present.erase("clock_tick_instructions");
    for (const std::string& name : Order()) {
      if (present.erase(name) > 0) cell.columns.push_back(name);
    }
    cell.columns.insert(cell.columns.end(), present.begin(), present.end());
  }
  return cells;
}

// The benchmarks are named when it is not all of them.
std::string AbsentText(const CellCounts& cell, const std::string& reason, const Absent& absent) {
  const std::string text =
      fmt::format("not counted: {}: {}", fmt::join(absent.counts, ", "), reason);
  if (absent.benchmarks.size() == cell.rows.size()) return text;
  return fmt::format("{}; in {}", text, fmt::join(absent.benchmarks, ", "));
}

std::string Sum(const compare::SummaryRow& row, const char* one, const char* other) {
  std::map<std::string, double> sum;
  for (const char* name : {one, other}) {
    const auto found = row.counts.find(name);
    if (found != row.counts.end()) sum["sum"] += found->second;
  }
  return PerOperationText(sum, "sum");
}

}  // namespace

std::string FaultsText(const compare::SummaryRow& row) {
  return Sum(row, "minor_faults", "major_faults");
}

std::string SwitchesText(const compare::SummaryRow& row) {
  return Sum(row, "voluntary_switches", "involuntary_switches");
}

std::string TextAbsentCounts(const Report& report) {
  std::string out;
  for (const CellCounts& cell : ByCell(report)) {
    for (const auto& [reason, absent] : cell.absent) {
      out +=
          fmt::format("\n{}: {}\n", OneLine(cell.cell), OneLine(AbsentText(cell, reason, absent)));
    }
  }
  return out;
}

std::string MarkdownCounts(const Report& report) {
  std::string out;
  for (const CellCounts& cell : ByCell(report)) {
    if (cell.columns.empty()) continue;
    if (out.empty()) out += fmt::format("\n## Counts\n\n{}\n", kWhat);
    out += fmt::format("\n### {}: counts per operation\n\n| benchmark |", MarkdownText(cell.cell));
    for (const std::string& column : cell.columns) out += " " + MarkdownText(column) + " |";
    out += "\n|---|";
    for (size_t i = 0; i < cell.columns.size(); ++i) out += "--:|";
    out += "\n";
    for (const compare::SummaryRow* row : cell.rows) {
      out += "| " + MarkdownText(row->benchmark) + " |";
      for (const std::string& column : cell.columns) {
        out += " " + PerOperationText(row->counts, column) + " |";
      }
      out += "\n";
    }
    for (const auto& [reason, absent] : cell.absent) {
      out += "\n" + MarkdownText(AbsentText(cell, reason, absent)) + "\n";
    }
  }
  return out;
}

std::string HtmlCounts(const Report& report) {
  std::string out;
  for (const CellCounts& cell : ByCell(report)) {
    if (cell.columns.empty()) continue;
    if (out.empty()) {
      out += Heading("counts", "Counts per operation");
      out += fmt::format("<p class=\"soft\">{}</p>\n", kWhat);
    }
    std::vector<std::string> titles = {"benchmark"};
    for (const std::string& column : cell.columns) titles.push_back(">" + HtmlText(column));
    out += fmt::format("<h3><code>{}</code></h3>\n", HtmlText(cell.cell)) + OpenTable(titles);
    for (const compare::SummaryRow* row : cell.rows) {
      out += "<tr>" + NameCell(row->benchmark);
      for (const std::string& column : cell.columns) {
        out += NumberCell(PerOperationText(row->counts, column));
      }
      out += "</tr>\n";
    }
    out += CloseTable();
    for (const auto& [reason, absent] : cell.absent) {
      out += fmt::format("<p class=\"soft\">{}</p>\n", HtmlText(AbsentText(cell, reason, absent)));
    }
  }
  return out;
}

}  // namespace procmark::report
