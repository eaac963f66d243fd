// SequentialRule: how many pairs to measure next. Fixed before the first number is seen.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/compare/comparison.h"

namespace procmark::compare {

// Totals of pairs at which a comparison is looked at.
inline constexpr std::array<int64_t, 4> kLooks = {20, 60, 120, 240};
// A confirmation measures as many pairs as the flag took, and at least these.
inline constexpr int64_t kFewestConfirmingPairs = 60;

struct MorePairs {
  std::string benchmark;
  int64_t pairs = 0;       // so far
  int64_t next_total = 0;  // measure until there are this many: next_total - pairs more, at least 1
};

struct Confirmation {
  std::string benchmark;
  int64_t fresh_pairs = 0;  // to measure anew, none of them used for the flag
};

struct NextStep {
  std::vector<MorePairs> more;
  std::vector<Confirmation> needs_confirmation;
};

// A look counts as taken when nine tenths of its pairs are there: some slices may have been lost.
// A caller whose new rounds brought no new pair stops asking: what loses them must be mended first.
//
// Asks for the next look wherever a paired comparison is inconclusive and below the last look, and
// for a confirmation of each paired regression. It never ends a benchmark because it looks clean:
// only an interval inside the threshold (`unchanged`), a flag or the last look do.
// Unpaired, exact and shown results ask for nothing: more of the same cannot settle them.
NextStep SequentialRule(const Comparison& so_far);

// Holds the regressions of `first` against a comparison of fresh pairs only (Side::first_round,
// Rules::only). A regression stays where `fresh` found it regressed too; otherwise it becomes
// inconclusive and its sentence says that it was not confirmed. A regression that `fresh` does not
// contain stays, with a warning.
Comparison Confirm(Comparison first, const Comparison& fresh);

}  // namespace procmark::compare
