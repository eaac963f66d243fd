// Estimates of an effect on a noisy clock, in logarithms. Internal to compare.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "harness/compare/comparison.h"
#include "harness/compare/effect_text.h"
#include "harness/stats/interval.h"

namespace procmark::compare {

// All in log units: an effect of e stands for a ratio of exp(e).
struct NoisyEstimate {
  size_t n = 0;       // pairs, or slices of the smaller side
  double effect = 0;  // median log ratio
  std::optional<stats::Interval> interval;
  std::optional<double> p_value;
  std::optional<double> hodges_lehmann;
  std::optional<stats::Interval> hodges_lehmann_interval;
};

// Of paired costs (all positive, at least one pair): the median log ratio b / a with its
// order-statistic interval, the sign test, Hodges-Lehmann.
NoisyEstimate EstimatePaired(std::span<const double> a, std::span<const double> b,
                             double confidence);

// Of costs of two separate sides in order of time (all positive, at least one each): the rule is
// stated at Compare(). No interval when a side is too small for one.
NoisyEstimate EstimateUnpaired(std::span<const double> a, std::span<const double> b,
                               double confidence);

// exp(log) - 1, and the same of an interval's ends.
double Relative(double log_effect);
EffectInterval Relative(const stats::Interval& log_interval);

// 1.43 half-widths as a relative effect.
double DetectableEffect(const stats::Interval& log_interval);

}  // namespace procmark::compare
