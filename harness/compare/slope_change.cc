// SPDX-License-Identifier: MIT
#include "harness/compare/slope_change.h"

#include <algorithm>
#include <cmath>

#include "harness/compare/pairing.h"
#include "harness/compare/sweep_lines.h"
#include "harness/compare/sweep_slope.h"
#include "harness/stats/median_interval.h"
#include "harness/stats/quantile.h"

namespace procmark::compare {
namespace {

struct SlopeDifference {
  double value = 0;
  std::optional<stats::Interval> interval;
};

SlopeDifference Paired(const RoundLines& a, const RoundLines& b, double confidence) {
  std::vector<double> differences;
  for (const auto& [round, fit] : b) {
    const auto found = a.find(round);
    if (found != a.end()) differences.push_back(fit.line.slope - found->second.line.slope);
  }
  if (differences.empty()) return {};
  return {stats::Median(differences), stats::MedianInterval(differences, confidence)};
}

SlopeDifference Unpaired(const RoundLines& a, const RoundLines& b, double confidence) {
  const double of_each = 1 - (1 - confidence) / 2;
  SlopeDifference difference;
  difference.value = stats::Median(SlopesOf(b)) - stats::Median(SlopesOf(a));
  const auto interval_a = stats::MedianInterval(SlopesOf(a), of_each);
  const auto interval_b = stats::MedianInterval(SlopesOf(b), of_each);
  if (interval_a && interval_b) {
    difference.interval = {interval_b->low - interval_a->high, interval_b->high - interval_a->low,
                           confidence};
  }
  return difference;
}

// Judges the difference relative to `scale`, so that rounding in a flat line is not a change.
SlopeChange::State JudgeChange(const SlopeChange& change, double scale, store::Clock clock,
                               const Rules& rules) {
  using State = SlopeChange::State;
  const double size = std::abs(change.difference);
  const State moved = change.difference > 0 ? State::kSteeper : State::kFlatter;
  if (clock == store::Clock::kTcg) return State::kShown;
  if (clock == store::Clock::kExact) {
    if (size <= rules.exact_changed * scale) return State::kUnchanged;
    return size >= rules.exact_regressed * scale ? moved : State::kUnclear;
  }
  if (!change.interval) return State::kUnclear;
  const double limit = rules.threshold * scale;
  const auto& [low, high, confidence] = *change.interval;
  if (low >= -limit && high <= limit) return State::kUnchanged;
  if ((low > 0 || high < 0) && size >= limit) return moved;
  return State::kUnclear;
}

// Returns the size that slopes are compared with: a's slope, or the slope that would double a's
// intercept over the whole sweep, if that is larger.
double ScaleOf(double slope, const RoundLines& rounds, const Sweep& sweep) {
  const double reach = sweep.points.back().x - sweep.points.front().x;
  return std::max(std::abs(slope), std::abs(stats::Median(InterceptsOf(rounds))) / reach);
}

// The benchmarks that both sides measured in the same unit.
std::vector<std::string> NamesOfBoth(const SideSlices& a, const SideSlices& b) {
  std::vector<std::string> names;
  for (const std::string& name : a.order) {
    const auto found = b.of.find(name);
    if (found == b.of.end()) continue;
    if (found->second.front()->slice.unit == a.of.at(name).front()->slice.unit)
      names.push_back(name);
  }
  return names;
}

bool AllInterleaved(const SideSlices& a, const SideSlices& b, const Sweep& sweep) {
  return std::ranges::all_of(sweep.points, [&](const SweepPoint& point) {
    return PairByRound(a.of.at(point.benchmark), b.of.at(point.benchmark)).interleaved;
  });
}

}  // namespace

std::vector<SlopeChange> CompareSlopes(const Side& a, const Side& b, const Rules& rules) {
  const store::Clock clock = FindCell(*a.run, a.cell).clock;
  const SideSlices side_a = SlicesOf(a);
  const SideSlices side_b = SlicesOf(b);
  std::vector<SlopeChange> changes;
  for (Sweep& sweep : FindSweeps(NamesOfBoth(side_a, side_b), PageBytes(side_a))) {
    KeepMeasured(side_a, sweep);
    KeepMeasured(side_b, sweep);
    const RoundLines rounds_a = FitLines(side_a, sweep, clock);
    const RoundLines rounds_b = FitLines(side_b, sweep, clock);
    if (rounds_a.empty() || rounds_b.empty()) continue;
    SlopeChange change;
    change.sweep = sweep.name;
    change.per = sweep.per;
    change.unit = side_a.of.at(sweep.points.front().benchmark).front()->slice.unit;
    change.a = stats::Median(SlopesOf(rounds_a));
    change.b = stats::Median(SlopesOf(rounds_b));
    const bool paired = SameRun(a, b) && AllInterleaved(side_a, side_b, sweep);
    const SlopeDifference difference = paired ? Paired(rounds_a, rounds_b, rules.confidence)
                                              : Unpaired(rounds_a, rounds_b, rules.confidence);
    change.difference = difference.value;
    if (clock != store::Clock::kExact) change.interval = difference.interval;
    const double scale = ScaleOf(change.a, rounds_a, sweep);
    if (std::abs(change.a) > kLineTolerance * scale)
      change.relative = change.difference / std::abs(change.a);
    change.state = JudgeChange(change, scale, clock, rules);
    changes.push_back(std::move(change));
  }
  return changes;
}

}  // namespace procmark::compare
