// SPDX-License-Identifier: MIT
#include "lint/prose.h"

#include <algorithm>
#include <array>

#include "lint/code_text.h"

namespace procmark::lint {
namespace {

// True when '#' begins a comment in the file.
bool HasHashComments(const SourceFile& file) {
  constexpr std::array<const char*, 5> kSuffixes = {".sh", ".cmake", ".toml", "CMakeLists.txt",
                                                    ".ci/tests"};
  return std::any_of(kSuffixes.begin(), kSuffixes.end(),
                     [&](const char* suffix) { return file.path.ends_with(suffix); });
}

// What follows a '#' at the beginning of a line, or behind a blank.
std::string HashCommentsOf(const std::string& text) {
  std::string comments = text;
  bool in_comment = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') {
      in_comment = false;
    } else if (text[i] == '#' && !in_comment) {
      in_comment = i == 0 || text[i - 1] == '\n' || text[i - 1] == ' ';
      comments[i] = ' ';
    } else if (!in_comment) {
      comments[i] = ' ';
    }
  }
  return comments;
}

}  // namespace

bool IsGenerated(const SourceFile& file) {
  return file.path.find("/golden/") != std::string::npos ||
         file.path.find("/reports/") != std::string::npos;
}

std::string CommentsOf(const SourceFile& file) {
  if (file.IsCode()) return TakeApart(file.text).comments;
  return HasHashComments(file) ? HashCommentsOf(file.text) : "";
}

std::string ProseOf(const SourceFile& file) {
  if (file.path.ends_with(".md")) return IsGenerated(file) ? "" : file.text;
  if (!file.IsCode()) return CommentsOf(file);
  const CodeText text = TakeApart(file.text);
  std::string prose = text.comments;
  for (size_t i = 0; i < prose.size(); ++i) {
    if (text.literals[i] != ' ') prose[i] = text.literals[i];
  }
  return prose;
}

}  // namespace procmark::lint
