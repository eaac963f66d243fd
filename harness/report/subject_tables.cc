// Tables of forms and footprints.
#include "harness/report/subject_tables.h"

#include <fmt/format.h>

#include <map>

#include "harness/compare/effect_text.h"
#include "harness/report/escape.h"
#include "harness/report/html_parts.h"
#include "harness/report/numbers.h"
#include "harness/report/text_table.h"

namespace procmark::report {
namespace {

using Words = std::vector<std::string>;

// One table; a column whose title begins with '>' is aligned to the right.
struct Sheet {
  std::string id;
  std::string title;
  std::string what;
  Words columns;
  std::vector<Words> rows;
};

Sheet Forms(const CellLibcOverheads& forms) {
  Sheet sheet{"forms",
              "What the C library adds, in " + forms.cell,
              "The same operation by raw system calls in a subject without a C library, and by the "
              "static C library's function in one with it: what differs is the function's own work "
              "and the larger process. In brackets: the 95 % interval of the median.",
              {"benchmark", ">raw", ">libc", "unit", ">difference", "relative", "interval"},
              {}};
  for (const compare::LibcOverhead& row : forms.rows) {
    sheet.rows.push_back({row.raw, CostText(row.raw_per_operation, row.unit),
                          CostText(row.libc_per_operation, row.unit), row.unit + "/op",
                          SlopeText(row.libc_per_operation - row.raw_per_operation),
                          compare::PercentText(row.ratio - 1),
                          row.interval ? compare::IntervalText(*row.interval) : ""});
  }
  return sheet;
}

// Subjects that weigh the same share a row.
Sheet Footprints(const Report& report, const std::string& cell) {
  Sheet sheet{"footprints",
              "What the subjects weigh, in " + cell,
              "Of each subject before it measures, its shape included: resident memory, mappings, "
              "open descriptors, threads; as its /proc says.",
              {">resident KiB", ">mappings", ">descriptors", ">threads", ">benchmarks", "e.g."},
              {}};
  std::map<std::vector<double>, std::pair<int64_t, std::string>> by_weight;
  for (const compare::SummaryRow& row : report.rows) {
    if (row.cell != cell || row.footprint.empty()) continue;
    std::vector<double> weight;
    for (const char* part : {"rss_kib", "vmas", "fds", "threads"}) {
      const auto found = row.footprint.find(part);
      weight.push_back(found == row.footprint.end() ? -1 : found->second);
    }
    auto& [count, example] = by_weight[weight];
    if (count++ == 0) example = row.benchmark;
  }
  for (const auto& [weight, who] : by_weight) {
    Words& words = sheet.rows.emplace_back();
    for (const double part : weight) {
      words.push_back(part < 0 ? "-" : CountText(static_cast<int64_t>(part)));
    }
    words.push_back(CountText(who.first));
    words.push_back(who.second);
  }
  return sheet;
}

std::vector<Sheet> Sheets(const Report& report) {
  std::vector<Sheet> sheets;
  for (const CellLibcOverheads& forms : report.forms) sheets.push_back(Forms(forms));
  for (const store::Cell& cell : report.run->cells) sheets.push_back(Footprints(report, cell.name));
  std::erase_if(sheets, [](const Sheet& sheet) { return sheet.rows.empty(); });
  return sheets;
}

bool IsRight(const std::string& column) { return column.starts_with('>'); }

}  // namespace

std::string TextSubjects(const Report& report) {
  std::string out;
  for (const Sheet& sheet : Sheets(report)) {
    std::vector<TextTable::Column> columns;
    for (const std::string& column : sheet.columns) {
      columns.push_back(IsRight(column)
                            ? TextTable::Column{column.substr(1), TextTable::Align::kRight}
                            : TextTable::Column{column});
    }
    TextTable table(columns);
    for (const Words& row : sheet.rows) table.Add(row);
    out += fmt::format("\n{}\n{}", OneLine(sheet.title), table.Render(2));
  }
  return out;
}

std::string MarkdownSubjects(const Report& report) {
  std::string out;
  for (const Sheet& sheet : Sheets(report)) {
    out += fmt::format("\n## {}\n\n{}\n\n|", MarkdownText(sheet.title), sheet.what);
    for (const std::string& column : sheet.columns) {
      out += fmt::format(" {} |", IsRight(column) ? column.substr(1) : column);
    }
    out += "\n|";
    for (const std::string& column : sheet.columns) out += IsRight(column) ? "--:|" : "---|";
    out += "\n";
    for (const Words& row : sheet.rows) {
      out += "|";
      for (const std::string& word : row) out += " " + MarkdownText(word) + " |";
      out += "\n";
    }
  }
  return out;
}

std::string HtmlSubjects(const Report& report) {
  std::string out;
  std::string id;
  for (const Sheet& sheet : Sheets(report)) {
    // The navigation points at the first of each kind.
    out += sheet.id == id ? fmt::format("<h2>{}</h2>\n", HtmlText(sheet.title))
                          : Heading(sheet.id, sheet.title);
    id = sheet.id;
    out +=
        fmt::format("<p class=\"soft\">{}</p>\n", HtmlText(sheet.what)) + OpenTable(sheet.columns);
    for (const Words& row : sheet.rows) {
      out += "<tr>";
      for (size_t i = 0; i < row.size(); ++i) {
        out += IsRight(sheet.columns[i]) ? NumberCell(row[i])
               : i == 0                  ? NameCell(row[i])
                                         : TextCell(row[i]);
      }
      out += "</tr>\n";
    }
    out += CloseTable();
  }
  return out;
}

}  // namespace procmark::report
