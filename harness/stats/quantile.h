// SPDX-License-Identifier: MIT
// Quantiles and the summary of a list of samples.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace procmark::stats {

// Returns the quantile of type 7 (the default of R and NumPy): with the values sorted as x[0..n-1]
// and h = (n - 1) * p, it is x[floor h] + (h - floor h) * (x[floor h + 1] - x[floor h]).
// Source: Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996.
// `values` may be in any order. Throws std::invalid_argument if `values` is empty, if p is outside
// [0, 1], or if a value is not finite.
double Quantile(std::span<const double> values, double p);
double Quantile(std::span<const int64_t> values, double p);

// Returns the value at rank floor((n - 1) * p): type 7 without interpolation. The result is always
// one of the values. Use it for exact counts, where an interpolated number would mislead.
// Throws like Quantile.
int64_t LowerQuantile(std::span<const int64_t> values, double p);

inline double Median(std::span<const double> values) { return Quantile(values, 0.5); }

// Statistics of one list of samples, in the unit of the samples.
struct Summary {
  int64_t n = 0;
  double min = 0;
  double q25 = 0;
  double median = 0;
  double mean = 0;
  double p90 = 0;
  double p99 = 0;
  double max = 0;
};

// Throws std::invalid_argument if `values` is empty or if a value is not finite.
Summary Summarize(std::span<const double> values);
Summary Summarize(std::span<const int64_t> values);

}  // namespace procmark::stats
