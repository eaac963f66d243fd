// SPDX-License-Identifier: MIT
#include "harness/report/render_markdown.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/report/escape.h"
#include "harness/report/exporters.h"

namespace procmark::report {
namespace {

constexpr Detail kMarkdown = Detail::kNormal;

// An indented code block. Nothing inside it can end it.
std::string CodeBlock(const std::string& text) {
  std::string out = "\n    ";
  for (const char c : CleanText(text)) {
    out += c;
    if (c == '\n') out += "    ";
  }
  out.erase(out.find_last_not_of(" \n") + 1);
  return out + "\n";
}

// The text of an entry on one line; bad verdicts in bold.
std::string EntryMarkdown(const Column& column, const Entry& entry) {
  std::string text = TextAt(entry, kMarkdown);
  text.erase(text.find_last_not_of(" \n") + 1);
  const std::string safe = MarkdownLines(text);
  const bool bold = column.kind == Column::Kind::kVerdict && entry.tone == Tone::kBad;
  return bold && !safe.empty() ? "**" + safe + "**" : safe;
}

std::string RowMarkdown(const std::vector<std::string>& entries) {
  std::string out = "|";
  for (const std::string& entry : entries) out += " " + entry + " |";
  return out + "\n";
}

std::string GridMarkdown(const Table& table, const VisibleTable& visible) {
  std::vector<std::string> titles;
  std::string rule = "|";
  for (const size_t i : visible.columns) {
    titles.push_back(MarkdownText(table.columns[i].name));
    rule += table.columns[i].kind == Column::Kind::kNumber ? "--:|" : "---|";
  }
  std::string out = "\n" + RowMarkdown(titles) + rule + "\n";
  for (const Row* row : visible.rows) {
    std::vector<std::string> entries;
    for (const size_t i : visible.columns)
      entries.push_back(EntryMarkdown(table.columns[i], row->entries[i]));
    out += RowMarkdown(entries);
  }
  return out;
}

// Short entries on one line, then each long one below.
std::string RecordMarkdown(const Table& table, const VisibleTable& visible, const Row& row) {
  const bool labelled = LongColumns(table, visible) > 1;
  std::string line;
  std::string below;
  for (const size_t i : visible.columns) {
    const Column& column = table.columns[i];
    const Entry& entry = row.entries[i];
    const std::string& text = TextAt(entry, kMarkdown);
    if (text.empty()) continue;
    if (IsLong(column)) {
      if (labelled) below += fmt::format("\n{}:\n", MarkdownText(column.name));
      below += column.kind == Column::Kind::kCode ? CodeBlock(text)
                                                  : fmt::format("\n{}\n", MarkdownLines(text));
    } else {
      line += fmt::format("{}{}", line.empty() ? "" : ", ", EntryMarkdown(column, entry));
    }
  }
  return (line.empty() ? "" : "\n" + line + "\n") + below;
}

std::string TableMarkdown(const Table& table) {
  const VisibleTable visible = VisibleAt(table, kMarkdown);
  std::string body;
  if (!table.note.empty()) body += fmt::format("\n{}\n", MarkdownText(table.note));
  if (table.layout == Table::Layout::kRecords) {
    for (const Row* row : visible.rows) body += RecordMarkdown(table, visible, *row);
  } else if (!visible.rows.empty()) {
    body += GridMarkdown(table, visible);
  }
  if (!table.folded) return fmt::format("\n### {}\n{}", MarkdownText(table.title), body);
  return fmt::format("\n<details><summary>{}</summary>\n{}\n</details>\n", HtmlText(table.title),
                     body);
}

std::string SectionMarkdown(const Section& section) {
  std::string body;
  for (const Table& table : section.tables) {
    if (table.detail <= kMarkdown) body += TableMarkdown(table);
  }
  if (body.empty()) return "";
  const std::string note =
      section.note.empty() ? "" : fmt::format("\n{}\n", MarkdownText(section.note));
  return fmt::format("\n## {}\n{}{}", MarkdownText(section.title), note, body);
}

}  // namespace

std::string RenderMarkdown(const Document& document) {
  std::string out = fmt::format("# procmark: {}\n\n{}\n\n", MarkdownText(document.title),
                                MarkdownText(document.headline));
  for (const auto& [name, value] : document.facts) {
    out += fmt::format("- {}: {}\n", MarkdownText(name), MarkdownText(value));
  }
  for (const Section& section : document.sections) {
    if (section.detail <= kMarkdown) out += SectionMarkdown(section);
  }
  return out;
}

std::string ExportMarkdown(const ExportInput& input) { return RenderMarkdown(input.document); }

}  // namespace procmark::report
