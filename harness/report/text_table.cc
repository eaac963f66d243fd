// Aligns a table.
#include "harness/report/text_table.h"

#include <algorithm>

#include "harness/report/escape.h"

namespace procmark::report {

void TextTable::Add(std::vector<std::string> row) {
  row.resize(columns_.size());
  for (std::string& entry : row) entry = OneLine(entry);
  rows_.push_back(std::move(row));
}

std::string TextTable::Render(size_t indent) const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t width = DisplayWidth(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, DisplayWidth(row[i]));
    widths.push_back(width);
  }
  std::string text;
  const auto line = [&](const auto& entry_of) {
    std::string out(indent, ' ');
    for (size_t i = 0; i < columns_.size(); ++i) {
      const std::string& entry = entry_of(i);
      const std::string pad(widths[i] - DisplayWidth(entry), ' ');
      if (i > 0) out += "  ";
      out += columns_[i].align == Align::kLeft ? entry + pad : pad + entry;
    }
    out.erase(out.find_last_not_of(' ') + 1);
    text += out + "\n";
  };
  line([this](size_t i) -> const std::string& { return columns_[i].title; });
  for (const auto& row : rows_) {
    line([&row](size_t i) -> const std::string& { return row[i]; });
  }
  return text;
}

}  // namespace procmark::report
