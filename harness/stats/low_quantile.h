// SPDX-License-Identifier: MIT
// Compares the fastest samples of two sets, with a bootstrap confidence interval.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "harness/stats/interval.h"

namespace procmark::stats {

// Samples that one process took in a row. They share the state of the machine, so they are not
// independent of one another.
using Cluster = std::vector<int64_t>;

struct LowQuantileRatio {
  double ratio = 0;  // quantile of b / quantile of a
  // Of the ratio, by the percentile bootstrap. It draws whole clusters, because the samples of one
  // cluster are not independent. Empty if a side has fewer than two clusters.
  std::optional<Interval> interval;
};

// Divides LowerQuantile(p) of all samples of b by that of all samples of a. Use a small p: the cost
// of each bootstrap draw grows with p times the number of samples. The random draws are the same in
// every call and on every machine.
// Sources: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13; Field and
// Welsh, "Bootstrapping clustered data", 2007.
// Throws std::invalid_argument if a side has no sample, if a sample is not positive, or if `p` or
// `confidence` is outside (0, 1).
LowQuantileRatio CompareLowQuantiles(std::span<const Cluster> a, std::span<const Cluster> b,
                                     double p, double confidence);

}  // namespace procmark::stats
