// Compare: two sides in, a Comparison out. Pure: no clock, no file, no randomness.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>

#include "harness/compare/comparison.h"
#include "harness/compare/expectations.h"
#include "harness/store/run.h"

namespace procmark::compare {

// One side of a comparison: a cell of a run. Points at what the caller keeps alive.
struct Side {
  const store::Run* run = nullptr;
  std::string cell;
  // The rounds to look at, both ends included: confirming looks at the fresh ones only.
  int64_t first_round = 0;
  int64_t last_round = std::numeric_limits<int64_t>::max();
};

// What is judged by. Shares are relative: 0.02 is 2 %.
struct Rules {
  double confidence = 0.95;                       // of every interval
  double false_discovery_rate = 0.05;             // Benjamini-Hochberg, over the whole comparison
  double threshold = 0.02;                        // noisy clocks: |effect| that matters
  std::map<std::string, double> thresholds = {};  // of single benchmarks, in place of `threshold`
  int64_t fewest_pairs = 10;
  double exact_changed = 0.001;
  double exact_regressed = 0.01;
  std::set<std::string> only = {};  // benchmarks to look at; empty: all
  // Applied to both sides' tests before they are compared; empty: none.
  Expectations expectations = {};
};

// Compares side b (the candidate) with side a (the baseline).
//
// Same run and a noisy clock (wall, kvm): slices of the same round are paired. The effect is the
// median of log(q25 of b / q25 of a) with its exact order-statistic interval. `regressed` and
// `improved` need both a Benjamini-Hochberg adjusted sign-test p-value of at most
// false_discovery_rate and |effect| >= threshold; `unchanged` needs the whole interval inside the
// threshold; all else is `inconclusive`. Effects are compared as logarithms, so that exchanging the
// sides exchanges the verdicts: +2 % and its inverse, -1.96 %, reach a threshold of 2 % alike.
// Slices of one run whose rounds overlap in time were not interleaved: they are treated as
// unpaired.
//
// Two runs and a noisy clock: the sides cannot be paired, and the difference between two times of
// day is in the numbers. Each side's median gets an order-statistic interval at
// 1 - (1 - confidence) / 2; their worst-case difference is taken, its reach on either side of the
// effect is doubled, and each side's own drift (the median of the first half of its slices against
// that of the second) is added. Verdicts come from that interval alone: `regressed` needs it to
// exclude zero and |effect| >= threshold. A warning recommends interleaving.
//
// Clock exact: see Verdict. Clock tcg: shown, never judged.
//
// Benchmarks and tests of one side only, and slices that cannot be used, become warnings.
// Throws sys::Complaint (usage) when a side has no such cell, when the clocks differ, or when a
// name in Rules::only is in neither side.
Comparison Compare(const Side& a, const Side& b, const Rules& rules);

// The threshold that `rules` set for this benchmark on a noisy clock.
double ThresholdOf(const Rules& rules, const std::string& benchmark);

// True when |log_effect| is at least log(1 + threshold), forgiving the last bits of a double.
bool ReachesThreshold(double log_effect, double threshold);

}  // namespace procmark::compare
