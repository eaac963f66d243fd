// SPDX-License-Identifier: MIT
// The cost ratio of two benchmarks of one cell. Internal to compare.
#pragma once

#include <optional>
#include <string>

#include "harness/compare/noisy_estimate.h"
#include "harness/compare/slices.h"

namespace procmark::compare {

struct BenchmarkRatio {
  NoisyEstimate estimate;  // of log(other / base); exact clock: the effect only
  double base = 0;         // cost of one operation
  double other = 0;
  std::string unit;
};

// On noisy clocks, pairs the slices of `other` with those of `base` of the same round. On the exact
// clock, divides the q25 of all samples. Returns nothing if one of the two was not measured, if no
// round contains both, or if a cost is zero.
std::optional<BenchmarkRatio> EstimateRatio(const store::Run& run, const std::string& cell,
                                            const std::string& base, const std::string& other,
                                            double confidence);

}  // namespace procmark::compare
