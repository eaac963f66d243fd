// SPDX-License-Identifier: MIT
// Markdown: the parts of a page that the rules about documentation look at.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace procmark::lint {

struct MarkdownLine {
  enum class Kind { kProse, kTable, kFence };
  int64_t number = 0;  // the first is 1
  Kind kind = Kind::kProse;
  std::string text;
};

struct MarkdownPart {
  int64_t line = 0;
  std::string text;
};

// Every line; the lines that open and close a fence belong to it.
std::vector<MarkdownLine> LinesOf(std::string_view page);

// The code of a page: each span between backticks, and each line inside a fence.
std::vector<MarkdownPart> CodeOf(std::string_view page);

// The targets of the links "[text](target)" outside code.
std::vector<MarkdownPart> LinksOf(std::string_view page);

// The anchors of the headings, as GitHub makes them: "How a test runs" is how-a-test-runs.
std::set<std::string> AnchorsOf(std::string_view page);

// The columns of a line of UTF-8.
int64_t ColumnsOf(std::string_view line);

}  // namespace procmark::lint
