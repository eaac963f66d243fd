// SPDX-License-Identifier: MIT
// Finds the functions of a C or C++ file, to measure them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace procmark::lint {

struct Function {
  std::string head;   // what stands before the body, on one line: "int Sum(int a, int b)"
  int64_t line = 0;   // where the head begins
  int64_t lines = 0;  // from there to the closing brace, both included
};

struct Functions {
  std::vector<Function> found;
  // False when the braces or parentheses of the text do not match: the functions are then unknown.
  bool balanced = true;
};

// The functions and lambdas of `code`, which is CodeText::code. A table of data is no function, and
// neither is a class. A lambda inside a function counts for both.
Functions FindFunctions(std::string_view code);

}  // namespace procmark::lint
