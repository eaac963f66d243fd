// TextTable: columns aligned by their widest entry.
#pragma once

#include <string>
#include <vector>

namespace procmark::report {

class TextTable {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // One entry for each column; missing ones are empty. Entries are made safe for a terminal.
  void Add(std::vector<std::string> row);
  bool Empty() const { return rows_.empty(); }

  // Lines with two spaces between columns, each indented by `indent` blanks, none ending in a
  // blank.
  std::string Render(size_t indent = 0) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace procmark::report
