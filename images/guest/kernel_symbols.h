// SPDX-License-Identifier: MIT
// The running kernel's own symbol table.
#pragma once

#include <string_view>

#include "images/guest/records.h"

namespace procmark::guest {

// Keeps of /proc/kallsyms what says where code is: every symbol of code or of a module, and the
// first other symbol after one of code, which ends it. Takes the table line by line.
class CodeSymbols {
 public:
  // Whether the line, "ADDRESS TYPE NAME" with "[MODULE]" after a tab, is to be kept.
  bool Keep(std::string_view line);

 private:
  bool in_code_ = false;
};

// Sends what CodeSymbols keeps as `symbols` events. Throws std::runtime_error when the table cannot
// be read, or when the kernel hides its addresses.
void SendKernelSymbols(Records& records);

}  // namespace procmark::guest
