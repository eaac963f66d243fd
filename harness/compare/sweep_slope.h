// Slopes: what one more page, mapping, descriptor or thread costs, from the sweeps of a run. Slopes
// survive a change of machine better than the costs that they come from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/compare/compare.h"
#include "harness/compare/sweep.h"
#include "harness/stats/interval.h"

namespace procmark::compare {

// How far a line may miss a point, relative to its cost, before it is called bent; and how much of
// the intercept a sweep may rise in all and still be called flat.
inline constexpr double kLineTolerance = 0.05;

struct SlopePoint {
  std::string benchmark;
  double x = 0;
  double cost = 0;  // of one operation
  double miss = 0;  // (cost - line) / cost; noisy clocks: its median over the rounds
};

struct SlopeRow {
  enum class Form {
    kLinear,   // no point is missed by more than kLineTolerance
    kFlat,     // linear, and it rises by less than kLineTolerance over the whole sweep
    kBent,     // a point is missed by more: tables that double, page tables, another regime
    kUnclear,  // too noisy, or too few rounds, to tell
  };
  std::string cell;
  store::Clock clock = store::Clock::kWall;
  std::string sweep;  // "fork/rss:*/to:reaped"
  std::string unit;   // "ns" or "instructions"
  std::string per;    // "4 KiB page"
  std::vector<SlopePoint> points;
  int64_t rounds = 0;  // complete ones: each gives one line
  double intercept = 0;
  double slope = 0;
  // Noisy clocks: the order-statistic interval of the median over the rounds; empty below six
  // rounds. Exact: the least and the greatest slope between neighbours, no statement of chance.
  std::optional<stats::Interval> intercept_interval;
  std::optional<stats::Interval> slope_interval;
  Form form = Form::kUnclear;
  std::string sentence;  // the form in words: which point is missed, by how much
};

const char* SlopeFormName(SlopeRow::Form form);  // "linear" "flat" "bent" "unclear"

// One row for each sweep of each cell, in the run's order of cells, then by name. Noisy clocks (tcg
// too): each round gives a Theil-Sen line through its own points, which are neighbours in time; the
// slope is the median over the rounds. Exact: one line of least relative squares. A point that was
// measured in less than half as many rounds as the others is left out.
std::vector<SlopeRow> SlopesOfRun(const store::Run& run, double confidence = Rules().confidence);

// The sweeps that both sides have, through the points that both have. One run and interleaved
// rounds: the median of the rounds' differences and its interval. Two runs: the sides' medians,
// each with an interval at 1 - (1 - confidence) / 2, combined at their worst. Exact: alike below
// exact_changed, steeper or flatter from exact_regressed. Changes of slope are shown and do not
// decide the exit code: the points do, each as a benchmark.
// Throws sys::Complaint (usage) when a side has no such cell.
std::vector<SlopeChange> CompareSlopes(const Side& a, const Side& b, const Rules& rules);

}  // namespace procmark::compare
