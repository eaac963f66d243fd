// SPDX-License-Identifier: MIT
// The sign test, computed with the binomial distribution.
#include "harness/stats/sign_test.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <stdexcept>

namespace procmark::stats {

double SignTest(std::span<const double> values, double centre) {
  size_t above = 0;
  size_t below = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) throw std::invalid_argument("a value is not finite");
    if (value > centre) ++above;
    if (value < centre) ++below;
  }
  if (above + below == 0) return 1.0;
  const boost::math::binomial_distribution<double> fair(static_cast<double>(above + below), 0.5);
  return std::min(1.0, 2.0 * boost::math::cdf(fair, static_cast<double>(std::min(above, below))));
}

}  // namespace procmark::stats
