// SPDX-License-Identifier: MIT
#include "harness/compare/sweep_lines.h"

#include <algorithm>

namespace procmark::compare {
namespace {

using stats::Line;
using stats::Point;

// The cost in the first slice of each round.
std::map<int64_t, double> CostsByRound(const SliceList& slices) {
  std::map<int64_t, double> costs;
  for (const store::Slice* slice : slices) costs.try_emplace(slice->round, SliceQ25(*slice));
  return costs;
}

bool HasPlaces(const Sweep& sweep) {
  return sweep.points.size() >= 3 && sweep.points.front().x < sweep.points.back().x;
}

RoundLines FitExactLine(const SideSlices& side, const Sweep& sweep) {
  RoundLine fit;
  for (const SweepPoint& point : sweep.points)
    fit.points.push_back({point.x, ExactCost(side.of.at(point.benchmark))});
  fit.line = stats::LeastRelativeSquares(fit.points);
  return {{0, fit}};
}

RoundLines FitNoisyLines(const SideSlices& side, const Sweep& sweep) {
  std::map<int64_t, std::vector<Point>> by_round;
  for (const SweepPoint& point : sweep.points) {
    for (const auto& [round, cost] : CostsByRound(side.of.at(point.benchmark)))
      by_round[round].push_back({point.x, cost});
  }
  RoundLines rounds;
  for (auto& [round, points] : by_round) {
    if (points.size() != sweep.points.size()) continue;
    const Line line = stats::TheilSen(points);
    rounds[round] = {std::move(points), line};
  }
  return rounds;
}

}  // namespace

void KeepMeasured(const SideSlices& side, Sweep& sweep) {
  size_t most = 0;
  for (const SweepPoint& point : sweep.points) {
    const auto found = side.of.find(point.benchmark);
    if (found != side.of.end()) most = std::max(most, CostsByRound(found->second).size());
  }
  std::erase_if(sweep.points, [&](const SweepPoint& point) {
    const auto found = side.of.find(point.benchmark);
    return found == side.of.end() || 2 * CostsByRound(found->second).size() < most;
  });
}

RoundLines FitLines(const SideSlices& side, const Sweep& sweep, store::Clock clock) {
  if (!HasPlaces(sweep)) return {};
  return clock == store::Clock::kExact ? FitExactLine(side, sweep) : FitNoisyLines(side, sweep);
}

std::vector<double> SlopesOf(const RoundLines& rounds) {
  std::vector<double> slopes;
  for (const auto& [round, fit] : rounds) slopes.push_back(fit.line.slope);
  return slopes;
}

std::vector<double> InterceptsOf(const RoundLines& rounds) {
  std::vector<double> intercepts;
  for (const auto& [round, fit] : rounds) intercepts.push_back(fit.line.intercept);
  return intercepts;
}

double PageBytes(const SideSlices& side) {
  constexpr double kDefault = 4096;
  for (const auto& [name, slices] : side.of) {
    const auto found = slices.front()->slice.footprint.find("page_bytes");
    if (found != slices.front()->slice.footprint.end() && found->second > 0) return found->second;
  }
  return kDefault;
}

}  // namespace procmark::compare
