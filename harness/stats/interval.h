// Interval: a confidence interval and the confidence it really has.
#pragma once

namespace procmark::stats {

struct Interval {
  double low = 0;
  double high = 0;
  double confidence = 0;  // achieved, at least what was asked for: ranks come in whole numbers
};

}  // namespace procmark::stats
