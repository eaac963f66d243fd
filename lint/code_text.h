// SPDX-License-Identifier: MIT
// CodeText: a C or C++ file taken apart into what the compiler reads and what people read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace procmark::lint {

// Each text is as long as the file and has its line breaks at the same places, so that an offset in
// one is an offset in the file. What does not belong to a text is blank in it.
struct CodeText {
  std::string code;      // without comments, preprocessor directives and the text of literals
  std::string comments;  // the text of the comments, without // and /* */
  std::string literals;  // the text of the string literals, without their quotes
};

// Knows line continuations, raw strings, character literals and digit separators.
CodeText TakeApart(std::string_view file);

// True for a letter, a digit and '_'.
bool IsWord(char c);

// The number of the line that holds `offset`; the first is 1.
int64_t LineOf(std::string_view text, size_t offset);

}  // namespace procmark::lint
