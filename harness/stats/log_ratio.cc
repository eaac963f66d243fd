// SPDX-License-Identifier: MIT
// Log ratios of paired measurements.
#include "harness/stats/log_ratio.h"

#include <cmath>
#include <stdexcept>

namespace procmark::stats {

std::vector<double> PairedLogRatios(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size())
    throw std::invalid_argument("both sides need the same number of values");
  std::vector<double> ratios;
  ratios.reserve(a.size());
  for (size_t i = 0; i < a.size(); ++i) {
    if (!(a[i] > 0 && b[i] > 0 && std::isfinite(a[i]) && std::isfinite(b[i]))) {
      throw std::invalid_argument("a log ratio needs positive, finite values");
    }
    ratios.push_back(std::log(b[i] / a[i]));
  }
  return ratios;
}

}  // namespace procmark::stats
