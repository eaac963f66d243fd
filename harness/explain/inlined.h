// SPDX-License-Identifier: MIT
// InlinedFunctions: which functions the compiler put into others, where it is known.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace procmark::explain {

class InlinedFunctions {
 public:
  virtual ~InlinedFunctions() = default;

  // The inlined functions that the instruction at `address` belongs to, the outermost first; none
  // where it is the function's own, or where nothing is known.
  virtual const std::vector<std::string>& At(uint64_t address) const = 0;
};

// Nothing is known.
class NoInlinedFunctions : public InlinedFunctions {
 public:
  const std::vector<std::string>& At(uint64_t) const override {
    static const std::vector<std::string> none;
    return none;
  }
};

}  // namespace procmark::explain
