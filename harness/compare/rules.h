// SPDX-License-Identifier: MIT
// Rules: the thresholds and error rates that verdicts are judged by.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "harness/compare/expectations.h"

namespace procmark::compare {

// Shares are relative: 0.02 is 2 %.
struct Rules {
  double confidence = 0.95;                       // of every interval
  double false_discovery_rate = 0.05;             // over all benchmarks of the comparison
  double threshold = 0.02;                        // noisy clocks: the smallest relevant difference
  std::map<std::string, double> thresholds = {};  // of single benchmarks, instead of `threshold`
  int64_t fewest_pairs = 10;                      // below this, a verdict is inconclusive
  double exact_changed = 0.001;                   // exact clock: from here on `changed`
  double exact_regressed = 0.01;                  // exact clock: `regressed` or `improved`
  std::set<std::string> only = {};                // the benchmarks to compare; empty: all
  Expectations expectations = {};                 // applied to the tests of both sides
};

// Returns the threshold of this benchmark on a noisy clock.
double ThresholdOf(const Rules& rules, const std::string& benchmark);

// True if |log_effect| is at least log(1 + threshold). Tolerates rounding errors.
bool ReachesThreshold(double log_effect, double threshold);

}  // namespace procmark::compare
