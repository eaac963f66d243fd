// SPDX-License-Identifier: MIT
// Estimates the effect between two sides on a noisy clock. Internal to compare.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "harness/compare/comparison.h"
#include "harness/compare/effect_text.h"
#include "harness/stats/interval.h"

namespace procmark::compare {

// All values are logarithms: an effect of e is a cost ratio b / a of exp(e).
struct NoisyEstimate {
  size_t n = 0;       // pairs, or slices of the smaller side
  double effect = 0;  // median log ratio
  std::optional<stats::Interval> interval;
  std::optional<double> p_value;
  std::optional<double> hodges_lehmann;
  std::optional<stats::Interval> hodges_lehmann_interval;
};

// From paired costs (all positive, at least one pair): the median log ratio b / a with its
// order-statistic interval, the sign test, and Hodges-Lehmann.
NoisyEstimate EstimatePaired(std::span<const double> a, std::span<const double> b,
                             double confidence);

// From the costs of two separate sides in order of time (all positive, at least one on each side).
// Compare() describes the rule. There is no interval if a side has too few costs.
NoisyEstimate EstimateUnpaired(std::span<const double> a, std::span<const double> b,
                               double confidence);

// Turns a log effect into a relative one: exp(log_effect) - 1.
double Relative(double log_effect);
EffectInterval Relative(const stats::Interval& log_interval);

// The minimal detectable effect (1.43 half-widths of the interval) as a relative effect.
double DetectableEffect(const stats::Interval& log_interval);

}  // namespace procmark::compare
