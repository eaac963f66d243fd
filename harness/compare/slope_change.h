// SPDX-License-Identifier: MIT
// Compares the slopes of the sweeps that two sides share.
#pragma once

#include <vector>

#include "harness/compare/comparison.h"
#include "harness/compare/rules.h"
#include "harness/compare/side.h"

namespace procmark::compare {

// Uses the points that both sides have. Slope changes are shown but do not decide the exit code,
// because each point is itself a benchmark with a verdict.
//  - One run with interleaved rounds: the median of the differences of each round, with its
//    interval.
//  - Two runs: the difference of the medians. Each side's median has an interval at
//    1 - (1 - confidence) / 2; the result is their worst-case difference.
//  - Exact clock: `unchanged` below Rules::exact_changed, `steeper` or `flatter` from
//    Rules::exact_regressed on.
// Throws sys::Complaint (usage) if a side has no such cell.
std::vector<SlopeChange> CompareSlopes(const Side& a, const Side& b, const Rules& rules);

}  // namespace procmark::compare
