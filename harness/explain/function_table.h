// SPDX-License-Identifier: MIT
// Functions of an explanation without their callers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/explain/explanation.h"

namespace procmark::explain {

struct FunctionCost {
  std::string function;  // its base name; of user space and firmware, those words
  int64_t calls = 0;
  Cost self;
};

// What each function executed itself, the most first. Copies and pieces that the compiler made of
// one function are one row. The rows add up to the whole.
std::vector<FunctionCost> FunctionsOf(const CallTree& tree);

}  // namespace procmark::explain
