// SPDX-License-Identifier: MIT
// SequentialRule: decides how many more pairs to measure. The rule is fixed before the measurement,
// so that looking at the numbers several times does not raise the rate of false alarms.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/compare/comparison.h"

namespace procmark::compare {

// The numbers of pairs at which a comparison is judged.
inline constexpr std::array<int64_t, 4> kLooks = {20, 60, 120, 240};
// A confirmation measures as many pairs as the regression needed, but at least these.
inline constexpr int64_t kFewestConfirmingPairs = 60;

struct MorePairs {
  std::string benchmark;
  int64_t pairs = 0;       // measured so far
  int64_t next_total = 0;  // greater than `pairs`: measure until there are this many
};

struct Confirmation {
  std::string benchmark;
  int64_t fresh_pairs = 0;  // to measure; none of the old pairs may be used again
};

struct NextStep {
  std::vector<MorePairs> more;
  std::vector<Confirmation> needs_confirmation;
};

// Asks for more pairs of each paired benchmark that is inconclusive before the last look, and for a
// confirmation of each paired regression. A benchmark only ends with a verdict or with the last
// look, never because it looks good so far. Unpaired, exact and shown results need nothing: more
// slices would not change their verdicts.
// A look counts as reached at 90 % of its pairs, because some slices may have been lost. If new
// rounds yield no new pair, the caller must stop.
NextStep SequentialRule(const Comparison& so_far);

// Checks the regressions of `first` against `fresh`, a comparison of fresh pairs only (see
// Side::first_round and Rules::only). If `fresh` did not find the regression too, the verdict
// becomes inconclusive. A regression that `fresh` does not contain stays, with a warning.
Comparison Confirm(Comparison first, const Comparison& fresh);

}  // namespace procmark::compare
