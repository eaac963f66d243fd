// SPDX-License-Identifier: MIT
// The step-up procedure, as adjusted p-values.
#include "harness/stats/benjamini_hochberg.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace procmark::stats {

std::vector<double> BenjaminiHochberg(std::span<const double> p_values) {
  for (const double p : p_values) {
    if (!(p >= 0.0 && p <= 1.0)) throw std::invalid_argument("a p-value must be between 0 and 1");
  }
  std::vector<size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&p_values](size_t a, size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> adjusted(p_values.size());
  const auto tests = static_cast<double>(p_values.size());
  double smallest = 1.0;
  for (size_t rank = order.size(); rank > 0; --rank) {
    const size_t index = order[rank - 1];
    smallest = std::min(smallest, p_values[index] * tests / static_cast<double>(rank));
    adjusted[index] = smallest;
  }
  return adjusted;
}

}  // namespace procmark::stats
