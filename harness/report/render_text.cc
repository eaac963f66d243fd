// SPDX-License-Identifier: MIT
#include "harness/report/render_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/report/escape.h"
#include "harness/report/text_table.h"

namespace procmark::report {
namespace {

constexpr Detail kTerminal = Detail::kEssential;
constexpr size_t kWidestLongEntry = 40;  // a wider one goes below its row

// A column of prose or code that needs lines of its own.
bool GoesBelow(const Table& table, const VisibleTable& visible, size_t column) {
  if (!IsLong(table.columns[column])) return false;
  return table.layout == Table::Layout::kRecords ||
         std::ranges::any_of(visible.rows, [column](const Row* row) {
           const std::string& text = TextAt(row->entries[column], kTerminal);
           return DisplayWidth(text) > kWidestLongEntry || text.find('\n') != std::string::npos;
         });
}

// `text` with each line indented. Ends with a newline.
std::string Indented(const std::string& text, size_t indent) {
  const std::string blanks(indent, ' ');
  std::string clean = TerminalText(text);
  clean.erase(clean.find_last_not_of(" \n") + 1);
  std::string out = blanks;
  for (const char c : clean) {
    out += c;
    if (c == '\n') out += blanks;
  }
  return out + "\n";
}

// "      reason: text", or the text on indented lines of its own if it has several.
std::string Below(const std::string& label, const std::string& text) {
  constexpr size_t kIndent = 6;
  if (label.empty()) return Indented(text, kIndent);
  const size_t end = text.find_last_not_of(" \n");
  if (text.substr(0, end).find('\n') == std::string::npos) {
    return Indented(fmt::format("{}: {}", label, text), kIndent);
  }
  return Indented(label + ":", kIndent) + Indented(text, kIndent + 2);
}

std::string HiddenRows(const Table& table, size_t count) {
  const bool in_markdown =
      std::ranges::all_of(table.rows, [](const Row& row) { return row.detail <= Detail::kNormal; });
  return fmt::format("  ({} more {} in report.{})\n", count, count == 1 ? "row is" : "rows are",
                     in_markdown ? "md" : "html");
}

std::string TableText(const Table& table) {
  const VisibleTable visible = VisibleAt(table, kTerminal);
  std::vector<size_t> beside;
  std::vector<size_t> below;
  for (const size_t column : visible.columns) {
    (GoesBelow(table, visible, column) ? below : beside).push_back(column);
  }
  std::vector<TextColumn> columns;
  for (const size_t i : beside) {
    columns.push_back({table.columns[i].name, table.columns[i].kind == Column::Kind::kNumber});
  }
  std::vector<std::vector<std::string>> rows;
  for (const Row* row : visible.rows) {
    std::vector<std::string>& texts = rows.emplace_back();
    for (const size_t i : beside) texts.push_back(TextAt(row->entries[i], kTerminal));
  }
  const std::vector<std::string> lines = AlignColumns(columns, rows);
  std::string out = fmt::format("\n{}\n", OneLine(table.title));
  if (beside.size() > 1) out += fmt::format("  {}\n", lines[0]);
  for (size_t i = 0; i < visible.rows.size(); ++i) {
    if (!beside.empty()) out += fmt::format("  {}\n", lines[i + 1]);
    for (const size_t column : below) {
      const std::string& text = TextAt(visible.rows[i]->entries[column], kTerminal);
      const std::string label = below.size() > 1 ? table.columns[column].name : "";
      if (!text.empty()) out += Below(label, text);
    }
  }
  if (visible.hidden_rows > 0) out += HiddenRows(table, visible.hidden_rows);
  return out;
}

}  // namespace

std::string RenderText(const Document& document) {
  std::string out;
  for (const auto& [name, value] : document.facts) {
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", name, OneLine(value));
  }
  out += "\n";
  for (auto section = document.sections.rbegin(); section != document.sections.rend(); ++section) {
    if (section->detail > kTerminal) continue;
    for (const Table& table : section->tables) {
      if (table.detail <= kTerminal) out += TableText(table);
    }
  }
  return out + fmt::format("\n{}\n", OneLine(document.headline));
}

}  // namespace procmark::report
