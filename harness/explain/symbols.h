// SPDX-License-Identifier: MIT
// Symbols: the names of a kernel's functions, from the kernel's own table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/explain/code_map.h"

namespace procmark::explain {

struct Function {
  std::string name;    // as the kernel has it: "copy_process", "dup_fd.isra.0"
  std::string base;    // without what the compiler appended: "dup_fd"
  std::string module;  // "" for the kernel itself
  uint64_t address = 0;
};

// The compiler's marks of a copy or a piece of a function taken off a name: ".isra.0",
// ".constprop.0", ".part.0", ".cold".
std::string BaseName(std::string_view name);

struct SymbolTable {
  std::vector<Function> functions;  // by the numbers that `map` and profiles use
  CodeMap map;
};

// The table of a kernel of the architecture `arch` (Debian's name) from lines of its /proc/kallsyms
// (wire::Symbols). Of several names of one address the plainest is taken. A function's ".cold"
// piece is the function itself. Throws std::runtime_error with a sentence when a line is none, or
// when there is no code at all.
SymbolTable MakeSymbolTable(const std::string& arch, std::string_view kallsyms);

}  // namespace procmark::explain
