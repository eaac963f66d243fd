// Quantiles and the summary of a list of samples.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace procmark::stats {

// The quantile of Hyndman and Fan's type 7 (R's and NumPy's default): with the values sorted as
// x[0..n-1] and h = (n - 1) * p, it is x[floor h] + (h - floor h) * (x[floor h + 1] - x[floor h]).
// Source: Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996.
// Throws std::invalid_argument when there are no values, when p is outside [0, 1] or when a value
// is not finite. The order of the values does not matter.
double Quantile(std::span<const double> values, double p);
double Quantile(std::span<const int64_t> values, double p);

// The value at the rank floor((n - 1) * p): type 7 without its interpolation, so that the answer is
// one of the values. Meant for exact counts, where a number that nobody observed would mislead.
// Throws like Quantile.
int64_t LowerQuantile(std::span<const int64_t> values, double p);

inline double Median(std::span<const double> values) { return Quantile(values, 0.5); }

// What is shown of one list of samples, in the samples' own unit.
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

// Throws std::invalid_argument when there are no values or when one is not finite.
Summary Summarize(std::span<const double> values);
Summary Summarize(std::span<const int64_t> values);

}  // namespace procmark::stats
