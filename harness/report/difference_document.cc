// SPDX-License-Identifier: MIT
// The document of what differs between two explanations.
#include <fmt/format.h>

#include <cstdlib>

#include "harness/report/entries.h"
#include "harness/report/explanation_document.h"
#include "harness/report/numbers.h"

namespace procmark::report {
namespace {

using explain::DifferenceRow;
using explain::Explanation;
using Kind = Column::Kind;

std::string ChangeText(int64_t change) {
  return (change > 0 ? "+" : change < 0 ? "-" : "") + CountText(std::abs(change));
}

Entry ChangeEntry(int64_t change) {
  if (change == 0) return {};
  Entry entry = TextEntry(ChangeText(change));
  entry.number = static_cast<double>(change);
  entry.tone = change > 0 ? Tone::kBad : Tone::kGood;
  return entry;
}

Entry RelativeEntry(int64_t a, int64_t b) {
  if (a == 0) return TextEntry(b == 0 ? "" : "new");
  if (b == 0) return TextEntry("gone");
  return PercentEntry(static_cast<double>(b - a) / static_cast<double>(a));
}

Entry CallsEntry(const DifferenceRow& row) {
  if (row.calls_a == 0 && row.calls_b == 0) return {};
  if (row.calls_a == row.calls_b) return CountEntry(row.calls_a);
  return TextEntry(CountText(row.calls_a) + " -> " + CountText(row.calls_b));
}

using RowColumns = std::vector<ColumnOf<DifferenceRow>>;

RowColumns ChangeColumns() {
  return {{{"elapsed", Kind::kNumber},
           [](const DifferenceRow& row) { return ChangeEntry(row.Change().elapsed); }},
          {{"relative", Kind::kNumber},
           [](const DifferenceRow& row) { return RelativeEntry(row.a.elapsed, row.b.elapsed); }},
          {{"retired", Kind::kNumber},
           [](const DifferenceRow& row) { return ChangeEntry(row.Change().retired); }},
          {{"bytes set", Kind::kNumber},
           [](const DifferenceRow& row) { return ChangeEntry(row.Change().bytes_set); }},
          {{"copied", Kind::kNumber},
           [](const DifferenceRow& row) { return ChangeEntry(row.Change().bytes_copied); }}};
}

void AddSection(const char* id, const char* title, const RowColumns& more,
                const std::vector<DifferenceRow>& rows, Document& document) {
  if (rows.empty()) return;
  RowColumns columns = ChangeColumns();
  columns.insert(columns.end(), more.begin(), more.end());
  Section section;
  section.id = id;
  section.title = title;
  section.tables.emplace_back().title = title;
  Fill(section.tables.back(), columns, rows);
  document.sections.push_back(std::move(section));
}

ColumnOf<DifferenceRow> ChangedName(const char* title) {
  return {{title, Kind::kName}, [](const DifferenceRow& row) { return TextEntry(row.name); }};
}

// The first `most` rows and one for all others.
std::vector<DifferenceRow> Shortened(const std::vector<DifferenceRow>& rows, int64_t most) {
  if (static_cast<int64_t>(rows.size()) <= most) return rows;
  std::vector<DifferenceRow> shown(rows.begin(), rows.begin() + most);
  DifferenceRow rest;
  rest.name = fmt::format("{} others", static_cast<int64_t>(rows.size()) - most);
  for (auto row = rows.begin() + most; row != rows.end(); ++row) {
    rest.a += row->a;
    rest.b += row->b;
  }
  shown.push_back(rest);
  return shown;
}

std::string Both(int64_t a, int64_t b) {
  return fmt::format("{} -> {} ({})", CountText(a), CountText(b), ChangeText(b - a));
}

}  // namespace

Document DifferenceDocument(const Explanation& a, const Explanation& b,
                            const explain::Difference& difference, const ExplanationView& view) {
  Document document;
  document.title = fmt::format("{}: {} compared with {}", b.benchmark, b.cell, a.cell);
  document.facts = {{"kernels", fmt::format("{} -> {}", a.kernel, b.kernel)},
                    {"elapsed instructions", Both(a.sample - a.idle, b.sample - b.idle)},
                    {"retired instructions", Both(difference.a.retired, difference.b.retired)},
                    {"bytes set", Both(difference.a.bytes_set, difference.b.bytes_set)},
                    {"bytes copied", Both(difference.a.bytes_copied, difference.b.bytes_copied)},
                    {"CPU stood still", Both(a.idle, b.idle)}};
  document.headline = fmt::format("{}: {} elapsed instructions, {} retired.", b.benchmark,
                                  ChangeText(difference.b.elapsed - difference.a.elapsed),
                                  ChangeText(difference.b.retired - difference.a.retired));
  AddSection("edges", "Changes by edge", {ChangedName("edges")}, difference.stages, document);
  AddSection("phases", "Changes by phase", {ChangedName("phase")}, difference.phases, document);
  AddSection("functions", "Changes by function, without what each calls",
             {{{"calls", Kind::kNumber}, CallsEntry},
              ChangedName("function"),
              {{"how it was matched", Kind::kText},
               [](const DifferenceRow& row) { return TextEntry(row.note); }}},
             Shortened(difference.functions, view.functions), document);
  return document;
}

}  // namespace procmark::report
