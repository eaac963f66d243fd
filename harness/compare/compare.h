// SPDX-License-Identifier: MIT
// Compare: judges side b (the candidate) against side a (the baseline). docs/statistics.md explains
// the rules. The functions of this folder are pure: they use no clock, file or random number.
#pragma once

#include "harness/compare/comparison.h"
#include "harness/compare/rules.h"
#include "harness/compare/side.h"

namespace procmark::compare {

// How the benchmarks are judged depends on the clock:
//  - wall and kvm, one run: slices of the same round are paired. The effect is the median of
//    log(q25 of b / q25 of a), with its exact order-statistic interval. `regressed` and `improved`
//    need an adjusted p-value (sign test, Benjamini-Hochberg) of at most
//    Rules::false_discovery_rate and an |effect| of at least the threshold. `unchanged` needs the
//    whole interval inside the threshold. Everything else is `inconclusive`. If the rounds of the
//    sides overlap in time, they were not interleaved: they are judged like two runs.
//  - wall and kvm, two runs: pairing is impossible. Each side's median gets an interval at
//    1 - (1 - confidence) / 2. The interval of the effect is the worst-case difference of these
//    two, doubled on both sides of the effect, plus the drift of each side (median of its first
//    half against median of its second half). `regressed` needs that interval to exclude zero and
//    an |effect| of at least the threshold. A warning recommends to interleave.
//  - exact: see Verdict.  - tcg: shown, never judged.
// Effects are compared as logarithms, so that exchanging the sides exchanges the verdicts: +2 % and
// its inverse, -1.96 %, both reach a threshold of 2 %.
//
// Benchmarks and tests that only one side has, and slices that cannot be used, become warnings.
// Throws sys::Complaint (usage) if a side has no such cell, if the clocks differ, or if neither
// side has a benchmark that Rules::only names.
Comparison Compare(const Side& a, const Side& b, const Rules& rules);

}  // namespace procmark::compare
