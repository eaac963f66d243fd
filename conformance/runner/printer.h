// What a person sees: GoogleTest's looks, in the order of declaration whatever finished first.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conformance/runner/outcome.h"
#include "conformance/vocabulary/promise.h"

namespace procmark::conformance {

class Printer {
 public:
  // `order` is the order of printing; results may come in any.
  explicit Printer(std::vector<const DeclaredPromise*> order);

  void Head(const std::string& isolation, long long deadline_ms, int jobs) const;
  // Prints what is next in order, as far as results are there.
  void Result(size_t index, const Outcome& outcome);
  // The sums and the list of all that did not pass.
  void Tail() const;

  bool AnyFailed() const;

 private:
  void PrintOne(size_t index) const;
  std::vector<const DeclaredPromise*> order_;
  std::vector<std::optional<Outcome>> outcomes_;
  size_t printed_ = 0;
};

}  // namespace procmark::conformance
