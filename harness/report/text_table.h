// SPDX-License-Identifier: MIT
// Aligns columns of text.
#pragma once

#include <string>
#include <vector>

namespace procmark::report {

struct TextColumn {
  std::string title;
  bool right_aligned = false;
};

// Returns one line for the titles and one for each row, without newlines and trailing blanks. Two
// blanks separate the columns. Each row must have one entry for each column; entries are made safe
// for a terminal and put on one line.
std::vector<std::string> AlignColumns(const std::vector<TextColumn>& columns,
                                      std::vector<std::vector<std::string>> rows);

}  // namespace procmark::report
