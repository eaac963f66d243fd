// SPDX-License-Identifier: MIT
// Interval: a confidence interval with its achieved confidence.
#pragma once

namespace procmark::stats {

struct Interval {
  double low = 0;
  double high = 0;
  // Achieved. It may be higher than requested, because order statistics only allow certain values.
  double confidence = 0;
};

}  // namespace procmark::stats
