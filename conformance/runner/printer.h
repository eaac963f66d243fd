// SPDX-License-Identifier: MIT
// Prints results like GoogleTest, in the order in which the tests are declared.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conformance/runner/outcome.h"
#include "conformance/runner/surroundings.h"
#include "conformance/vocabulary/promise.h"

namespace procmark::conformance {

class Printer {
 public:
  // Prints the tests in `order`; Result may be called in any order.
  explicit Printer(std::vector<const DeclaredPromise*> order);

  void Head(const std::string& isolation, long long deadline_ms, int jobs) const;
  // Prints what can excuse failures here, one line each.
  void Excuses(const Surroundings& surroundings) const;
  // Keeps the result of the test at `index`, and prints every result whose predecessors are
  // printed.
  void Result(size_t index, const Outcome& outcome);
  // Prints the counts, and each test that did not pass.
  void Tail() const;

  bool AnyFailed() const;

 private:
  void PrintOne(size_t index) const;
  std::vector<const DeclaredPromise*> order_;
  std::vector<std::optional<Outcome>> outcomes_;
  size_t printed_ = 0;
};

}  // namespace procmark::conformance
