// SPDX-License-Identifier: MIT
#include "harness/report/text_table.h"

#include <algorithm>

#include "harness/report/escape.h"

namespace procmark::report {

std::vector<std::string> AlignColumns(const std::vector<TextColumn>& columns,
                                      std::vector<std::vector<std::string>> rows) {
  std::vector<std::string> titles;
  for (const TextColumn& column : columns) titles.push_back(column.title);
  rows.insert(rows.begin(), std::move(titles));
  std::vector<size_t> widths(columns.size(), 0);
  for (std::vector<std::string>& row : rows) {
    for (size_t i = 0; i < columns.size(); ++i) {
      row[i] = OneLine(row[i]);
      widths[i] = std::max(widths[i], DisplayWidth(row[i]));
    }
  }
  std::vector<std::string> lines;
  for (const std::vector<std::string>& row : rows) {
    std::string& line = lines.emplace_back();
    for (size_t i = 0; i < columns.size(); ++i) {
      const std::string padding(widths[i] - DisplayWidth(row[i]), ' ');
      if (i > 0) line += "  ";
      line += columns[i].right_aligned ? padding + row[i] : row[i] + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
  }
  return lines;
}

}  // namespace procmark::report
