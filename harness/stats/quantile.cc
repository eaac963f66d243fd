// SPDX-License-Identifier: MIT
// Quantiles: sorts once, then reads by rank.
#include "harness/stats/quantile.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace procmark::stats {
namespace {

void RequireFraction(double p) {
  if (!(p >= 0.0 && p <= 1.0)) throw std::invalid_argument("a quantile must be between 0 and 1");
}

std::vector<double> Sorted(std::span<const double> values) {
  if (values.empty()) throw std::invalid_argument("there are no values to summarize");
  for (const double value : values) {
    if (!std::isfinite(value)) throw std::invalid_argument("a value is not finite");
  }
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

std::vector<double> ToDoubles(std::span<const int64_t> values) {
  std::vector<double> doubles;
  doubles.reserve(values.size());
  for (const int64_t value : values) doubles.push_back(static_cast<double>(value));
  return doubles;
}

double QuantileOfSorted(const std::vector<double>& sorted, double p) {
  const double h = static_cast<double>(sorted.size() - 1) * p;
  const auto below = static_cast<size_t>(std::floor(h));
  if (below + 1 >= sorted.size()) return sorted.back();
  const double weight = h - static_cast<double>(below);
  return sorted[below] + weight * (sorted[below + 1] - sorted[below]);
}

}  // namespace

double Quantile(std::span<const double> values, double p) {
  RequireFraction(p);
  return QuantileOfSorted(Sorted(values), p);
}

double Quantile(std::span<const int64_t> values, double p) {
  return Quantile(ToDoubles(values), p);
}

int64_t LowerQuantile(std::span<const int64_t> values, double p) {
  RequireFraction(p);
  if (values.empty()) throw std::invalid_argument("there are no values to summarize");
  std::vector<int64_t> sorted(values.begin(), values.end());
  const auto rank = static_cast<size_t>(std::floor(static_cast<double>(sorted.size() - 1) * p));
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(sorted.begin(), at, sorted.end());
  return *at;
}

Summary Summarize(std::span<const double> values) {
  const std::vector<double> sorted = Sorted(values);
  const auto n = static_cast<double>(sorted.size());
  Summary summary;
  summary.n = static_cast<int64_t>(sorted.size());
  summary.min = sorted.front();
  summary.q25 = QuantileOfSorted(sorted, 0.25);
  summary.median = QuantileOfSorted(sorted, 0.5);
  summary.mean = std::accumulate(sorted.begin(), sorted.end(), 0.0) / n;
  summary.p90 = QuantileOfSorted(sorted, 0.9);
  summary.p99 = QuantileOfSorted(sorted, 0.99);
  summary.max = sorted.back();
  return summary;
}

Summary Summarize(std::span<const int64_t> values) { return Summarize(ToDoubles(values)); }

}  // namespace procmark::stats
