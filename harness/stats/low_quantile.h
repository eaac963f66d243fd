// How two sets of samples compare at their fast end.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "harness/stats/interval.h"

namespace procmark::stats {

// Samples that were taken together, and share what state the machine was in.
using Cluster = std::vector<int64_t>;

struct LowQuantileRatio {
  double ratio = 0;  // b's quantile over a's
  // By the percentile bootstrap, which draws whole clusters, not samples: those of one cluster do
  // not vary independently. Empty when a side has fewer than two clusters.
  std::optional<Interval> interval;  // of the ratio
};

// Compares the quantile `p` (LowerQuantile's: one of the samples) of all of b with that of all of
// a. Meant for a small p: the cost of a draw grows with p times the samples. The draws are the same
// in every call and on every machine.
// Sources: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13; Field and
// Welsh, "Bootstrapping clustered data", 2007.
// Throws std::invalid_argument when a side has no sample, when a sample is not positive, or when p
// or the confidence is outside (0, 1).
LowQuantileRatio CompareLowQuantiles(std::span<const Cluster> a, std::span<const Cluster> b,
                                     double p, double confidence);

}  // namespace procmark::stats
