// Two benchmarks of one cell against each other. Internal to compare.
#pragma once

#include <optional>
#include <string>

#include "harness/compare/noisy_estimate.h"
#include "harness/compare/slices.h"

namespace procmark::compare {

struct WithinCell {
  NoisyEstimate estimate;  // log(other / base); exact: effect only, from the q25 of all samples
  double base = 0;         // cost of one operation
  double other = 0;
  std::string unit;
};

// Pairs the slices of `other` with those of `base` of the same round. Empty when either was not
// measured, when no round holds both or when a cost is zero.
std::optional<WithinCell> EstimateWithinCell(const store::Run& run, const std::string& cell,
                                             const std::string& base, const std::string& other,
                                             double confidence);

}  // namespace procmark::compare
