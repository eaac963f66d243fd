// SPDX-License-Identifier: MIT
// The slope of each sweep of a run: what one more page, mapping, descriptor or thread costs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/compare/rules.h"
#include "harness/compare/sweep.h"
#include "harness/stats/interval.h"
#include "harness/store/run.h"
#include "harness/sys/enum_names.h"

namespace procmark::compare {

// A cost may be this far from the line, relative to itself, before the sweep counts as nonlinear.
// The cost may change by this share over the whole sweep and still count as flat.
inline constexpr double kLineTolerance = 0.05;

struct SlopePoint {
  std::string benchmark;
  double x = 0;
  double cost = 0;  // of one operation
  double miss = 0;  // (cost - line) / cost; noisy clocks: the median over the rounds
};

struct SweepSlope {
  enum class Fit {
    kLinear,     // every cost is within kLineTolerance of the line
    kFlat,       // linear, and the cost changes by less than kLineTolerance over the whole sweep
    kNonlinear,  // a cost is further from the line, for example because a table doubles its size
    kUnclear,    // too noisy, or too few rounds, to tell
  };
  std::string cell;
  store::Clock clock = store::Clock::kWall;
  std::string sweep;  // "fork/rss:*/to:reaped"
  std::string unit;   // "ns" or "instructions"
  std::string per;    // "4 KiB page"
  std::vector<SlopePoint> points;
  int64_t rounds = 0;  // number of complete rounds; each gives one line
  double intercept = 0;
  double slope = 0;
  // Noisy clocks: the order-statistic interval of the median over the rounds; empty below six
  // rounds. Exact clock: the smallest and the largest slope between neighbours; not a confidence
  // interval.
  std::optional<stats::Interval> intercept_interval;
  std::optional<stats::Interval> slope_interval;
  Fit fit = Fit::kUnclear;
  std::string sentence;  // the reason for `fit`
};

inline constexpr auto kSweepFits =
    sys::MakeEnumNames<SweepSlope::Fit>({{SweepSlope::Fit::kLinear, "linear"},
                                         {SweepSlope::Fit::kFlat, "flat"},
                                         {SweepSlope::Fit::kNonlinear, "nonlinear"},
                                         {SweepSlope::Fit::kUnclear, "unclear"}});
constexpr const char* SweepFitName(SweepSlope::Fit fit) { return kSweepFits.NameOf(fit); }

// Returns one row for each sweep of each cell, in the run's order of cells, then by name.
//  - Noisy clocks and tcg: each round gives a Theil-Sen line through its own points, which were
//    measured next to each other. Slope and intercept are the medians over the rounds.
//  - Exact clock: one line of least relative squares.
// A point that was measured in less than half as many rounds as the others is left out.
std::vector<SweepSlope> SlopesOfRun(const store::Run& run, double confidence = Rules().confidence);

}  // namespace procmark::compare
