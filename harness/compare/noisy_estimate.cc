// SPDX-License-Identifier: MIT
#include "harness/compare/noisy_estimate.h"

#include <algorithm>
#include <cmath>

#include "harness/stats/hodges_lehmann.h"
#include "harness/stats/log_ratio.h"
#include "harness/stats/median_interval.h"
#include "harness/stats/quantile.h"
#include "harness/stats/sign_test.h"

namespace procmark::compare {
namespace {

constexpr double kUnpairedWidening = 2.0;

// How far a side moved during its own slices: the distance of the medians of its two halves.
double Drift(std::span<const double> logs) {
  if (logs.size() < 2) return 0;
  const size_t half = logs.size() / 2;
  return std::abs(stats::Median(logs.subspan(logs.size() - half)) -
                  stats::Median(logs.first(half)));
}

std::vector<double> Logarithms(std::span<const double> values) {
  std::vector<double> logs;
  for (const double value : values) logs.push_back(std::log(value));
  return logs;
}

}  // namespace

NoisyEstimate EstimatePaired(std::span<const double> a, std::span<const double> b,
                             double confidence) {
  const std::vector<double> ratios = stats::PairedLogRatios(a, b);
  NoisyEstimate estimate;
  estimate.n = ratios.size();
  estimate.effect = stats::Median(ratios);
  estimate.interval = stats::MedianInterval(ratios, confidence);
  estimate.p_value = stats::SignTest(ratios);
  const stats::HodgesLehmannEstimate centre = stats::HodgesLehmann(ratios, confidence);
  estimate.hodges_lehmann = centre.centre;
  estimate.hodges_lehmann_interval = centre.interval;
  return estimate;
}

NoisyEstimate EstimateUnpaired(std::span<const double> a, std::span<const double> b,
                               double confidence) {
  const std::vector<double> log_a = Logarithms(a);
  const std::vector<double> log_b = Logarithms(b);
  NoisyEstimate estimate;
  estimate.n = std::min(a.size(), b.size());
  estimate.effect = stats::Median(log_b) - stats::Median(log_a);
  const double each = 1.0 - (1.0 - confidence) / 2.0;
  const auto interval_a = stats::MedianInterval(log_a, each);
  const auto interval_b = stats::MedianInterval(log_b, each);
  if (!interval_a || !interval_b) return estimate;
  const double drift = Drift(log_a) + Drift(log_b);
  const double below = estimate.effect - (interval_b->low - interval_a->high);
  const double above = (interval_b->high - interval_a->low) - estimate.effect;
  estimate.interval =
      stats::Interval{estimate.effect - kUnpairedWidening * below - drift,
                      estimate.effect + kUnpairedWidening * above + drift, confidence};
  return estimate;
}

double Relative(double log_effect) { return std::expm1(log_effect); }

EffectInterval Relative(const stats::Interval& log_interval) {
  return {Relative(log_interval.low), Relative(log_interval.high), log_interval.confidence};
}

double DetectableEffect(const stats::Interval& log_interval) {
  return Relative(stats::MinimalDetectableEffect(log_interval));
}

}  // namespace procmark::compare
