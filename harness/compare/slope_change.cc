// Compares the slopes of two sides.
#include <algorithm>
#include <cmath>

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

SlopeDifference Paired(const Rounds& a, const Rounds& b, double confidence) {
  std::vector<double> differences;
  for (const auto& [round, fit] : b) {
    const auto found = a.find(round);
    if (found != a.end()) differences.push_back(fit.line.slope - found->second.line.slope);
  }
  if (differences.empty()) return {};
  return {stats::Median(differences), stats::MedianInterval(differences, confidence)};
}

SlopeDifference Unpaired(const Rounds& a, const Rounds& b, double confidence) {
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

// `scale`: the slope that would double the intercept over the sweep, or a's own where that is more:
// what a difference is held against, so that a flat line's rounding is no change.
SlopeChange::State JudgeChange(const SlopeChange& change, double scale, store::Clock clock,
                               const Rules& rules) {
  using State = SlopeChange::State;
  const double size = std::abs(change.difference);
  const State moved = change.difference > 0 ? State::kSteeper : State::kFlatter;
  if (clock == store::Clock::kTcg) return State::kShown;
  if (clock == store::Clock::kExact) {
    if (size <= rules.exact_changed * scale) return State::kAlike;
    return size >= rules.exact_regressed * scale ? moved : State::kUnclear;
  }
  if (!change.interval) return State::kUnclear;
  const double limit = rules.threshold * scale;
  const auto& [low, high, confidence] = *change.interval;
  if (low >= -limit && high <= limit) return State::kAlike;
  if ((low > 0 || high < 0) && size >= limit) return moved;
  return State::kUnclear;
}

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

bool Interleaved(const SideSlices& a, const SideSlices& b, const Sweep& sweep) {
  return std::ranges::all_of(sweep.points, [&](const SweepPoint& point) {
    return PairByRound(a.of.at(point.benchmark), b.of.at(point.benchmark)).interleaved;
  });
}

}  // namespace

const char* SlopeStateName(SlopeChange::State state) {
  switch (state) {
    case SlopeChange::State::kSteeper:
      return "steeper";
    case SlopeChange::State::kFlatter:
      return "flatter";
    case SlopeChange::State::kAlike:
      return "alike";
    case SlopeChange::State::kUnclear:
      return "unclear";
    case SlopeChange::State::kShown:
      return "shown";
  }
  return "";
}

std::vector<SlopeChange> CompareSlopes(const Side& a, const Side& b, const Rules& rules) {
  const store::Clock clock = FindCell(*a.run, a.cell).clock;
  const SideSlices side_a = SlicesOf(a);
  const SideSlices side_b = SlicesOf(b);
  std::vector<SlopeChange> changes;
  for (Sweep& sweep : FindSweeps(NamesOfBoth(side_a, side_b), PageBytes(side_a))) {
    KeepMeasured(side_a, sweep);
    KeepMeasured(side_b, sweep);
    const Rounds rounds_a = Fit(side_a, sweep, clock);
    const Rounds rounds_b = Fit(side_b, sweep, clock);
    if (rounds_a.empty() || rounds_b.empty()) continue;
    SlopeChange change;
    change.sweep = sweep.name;
    change.per = sweep.per;
    change.unit = side_a.of.at(sweep.points.front().benchmark).front()->slice.unit;
    change.a = stats::Median(SlopesOf(rounds_a));
    change.b = stats::Median(SlopesOf(rounds_b));
    const bool paired = SameRun(a, b) && Interleaved(side_a, side_b, sweep);
    const SlopeDifference difference = paired ? Paired(rounds_a, rounds_b, rules.confidence)
                                              : Unpaired(rounds_a, rounds_b, rules.confidence);
    change.difference = difference.value;
    if (clock != store::Clock::kExact) change.interval = difference.interval;
    const double reach = sweep.points.back().x - sweep.points.front().x;
    const double scale =
        std::max(std::abs(change.a), std::abs(stats::Median(InterceptsOf(rounds_a))) / reach);
    if (std::abs(change.a) > kLineTolerance * scale)
      change.relative = change.difference / std::abs(change.a);
    change.state = JudgeChange(change, scale, clock, rules);
    changes.push_back(std::move(change));
  }
  return changes;
}

}  // namespace procmark::compare
