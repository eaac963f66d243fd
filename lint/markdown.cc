// SPDX-License-Identifier: MIT
#include "lint/markdown.h"

#include <re2/re2.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "lint/code_text.h"

namespace procmark::lint {
namespace {

// "```", "~~~" or a longer run, when the line begins with one.
std::string FenceOf(const std::string& line) {
  static const re2::RE2 fence(R"(^\s*(`{3,}|~{3,}))");
  std::string mark;
  re2::RE2::PartialMatch(line, fence, &mark);
  return mark;
}

// The page with everything except the prose and the tables blank, so that offsets stay.
std::string WithoutFences(std::string_view page) {
  std::string text;
  for (const MarkdownLine& line : LinesOf(page)) {
    text +=
        line.kind == MarkdownLine::Kind::kFence ? std::string(line.text.size(), ' ') : line.text;
    text += '\n';
  }
  return text;
}

// A code span: the text between two runs of equally many backticks, in one paragraph.
struct Span {
  size_t begin;  // of the opening backticks
  size_t end;    // behind the closing ones
  std::string text;
};

std::optional<Span> NextSpan(const std::string& text, size_t from) {
  const size_t begin = text.find('`', from);
  if (begin == std::string::npos) return {};
  const size_t inside = std::min(text.find_first_not_of('`', begin), text.size());
  const std::string mark(inside - begin, '`');
  const size_t paragraph_end = std::min(text.find("\n\n", begin), text.size());
  for (size_t close = text.find(mark, inside); close < paragraph_end;) {
    const size_t end = std::min(text.find_first_not_of('`', close), text.size());
    if (end - close == mark.size()) {
      std::string span = text.substr(inside, close - inside);
      std::replace(span.begin(), span.end(), '\n', ' ');
      return Span{begin, end, span};
    }
    close = text.find(mark, end);
  }
  return Span{begin, inside, ""};  // backticks that nothing closes
}

}  // namespace

std::vector<MarkdownLine> LinesOf(std::string_view page) {
  std::vector<MarkdownLine> lines;
  std::string fence;
  for (size_t begin = 0; begin < page.size();) {
    const size_t end = std::min(page.find('\n', begin), page.size());
    MarkdownLine line;
    line.number = static_cast<int64_t>(lines.size()) + 1;
    line.text = page.substr(begin, end - begin);
    const std::string mark = FenceOf(line.text);
    if (!fence.empty() || !mark.empty()) {
      line.kind = MarkdownLine::Kind::kFence;
      if (fence.empty()) {
        fence = mark;
      } else if (mark.starts_with(fence)) {
        fence.clear();
      }
    } else if (line.text.find_first_not_of(' ') != std::string::npos &&
               line.text[line.text.find_first_not_of(' ')] == '|') {
      line.kind = MarkdownLine::Kind::kTable;
    }
    lines.push_back(line);
    begin = end + 1;
  }
  return lines;
}

std::vector<MarkdownPart> CodeOf(std::string_view page) {
  std::vector<MarkdownPart> code;
  for (const MarkdownLine& line : LinesOf(page)) {
    const bool is_fence = line.kind == MarkdownLine::Kind::kFence;
    if (is_fence && FenceOf(line.text).empty()) code.push_back({line.number, line.text});
  }
  const std::string text = WithoutFences(page);
  for (std::optional<Span> span = NextSpan(text, 0); span; span = NextSpan(text, span->end)) {
    if (!span->text.empty()) code.push_back({LineOf(text, span->begin), span->text});
  }
  return code;
}

std::vector<MarkdownPart> LinksOf(std::string_view page) {
  std::string text = WithoutFences(page);
  for (std::optional<Span> span = NextSpan(text, 0); span; span = NextSpan(text, span->end)) {
    for (size_t i = span->begin; i < span->end; ++i) {
      if (text[i] != '\n') text[i] = ' ';
    }
  }
  static const re2::RE2 link(R"(\]\(\s*([^()\s]+)\s*\))");
  std::vector<MarkdownPart> links;
  re2::StringPiece rest(text);
  for (std::string target; re2::RE2::FindAndConsume(&rest, link, &target);) {
    links.push_back({LineOf(text, static_cast<size_t>(rest.data() - text.data())), target});
  }
  return links;
}

std::set<std::string> AnchorsOf(std::string_view page) {
  std::set<std::string> anchors;
  for (const MarkdownLine& line : LinesOf(page)) {
    static const re2::RE2 heading(R"(^#{1,6} +(.*?) *$)");
    std::string title;
    if (line.kind != MarkdownLine::Kind::kProse || !re2::RE2::FullMatch(line.text, heading, &title))
      continue;
    std::string anchor;
    for (const char c : title) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= 0x80 || std::isalnum(byte) != 0 || c == '-' || c == '_') {
        anchor += static_cast<char>(std::tolower(byte));
      } else if (c == ' ') {
        anchor += '-';
      }
    }
    anchors.insert(anchor);
  }
  return anchors;
}

int64_t ColumnsOf(std::string_view line) {
  return std::count_if(line.begin(), line.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

}  // namespace procmark::lint
