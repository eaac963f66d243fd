// SPDX-License-Identifier: MIT
#include "harness/compare/sweep_slope.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/compare/effect_text.h"
#include "harness/compare/sweep_lines.h"
#include "harness/stats/median_interval.h"
#include "harness/stats/quantile.h"

namespace procmark::compare {
namespace {

// How far the cost of a point is from the line, relative to the cost.
double Miss(const RoundLine& fit, size_t point) {
  const auto& [x, y] = fit.points[point];
  return y == 0 ? 0 : (y - fit.line.At(x)) / y;
}

// Noisy clocks: both ends of the slope's interval change the cost by less than the tolerance. Exact
// clock: no point differs more from the first one.
bool IsFlat(const SweepSlope& row) {
  const double small = kLineTolerance * std::abs(row.points.front().cost);
  const double reach = row.points.back().x - row.points.front().x;
  if (row.clock != store::Clock::kExact) {
    return std::abs(row.slope_interval->low) * reach <= small &&
           std::abs(row.slope_interval->high) * reach <= small;
  }
  return std::ranges::all_of(row.points, [&](const SlopePoint& point) {
    return std::abs(point.cost - row.points.front().cost) <= small;
  });
}

// The misses that exceed the tolerance.
struct LargeMisses {
  const SlopePoint* worst = nullptr;  // the largest that is not chance; points into the row
  bool may_be_chance = false;         // the interval of one of them contains zero
};

LargeMisses FindLargeMisses(const RoundLines& rounds, double confidence, const SweepSlope& row) {
  LargeMisses found;
  for (size_t i = 0; i < row.points.size(); ++i) {
    if (std::abs(row.points[i].miss) <= kLineTolerance) continue;
    std::vector<double> misses;
    for (const auto& [round, fit] : rounds) misses.push_back(Miss(fit, i));
    const auto interval = stats::MedianInterval(misses, confidence);
    const bool exact = row.clock == store::Clock::kExact;
    if (!exact && (!interval || (interval->low < 0 && interval->high > 0))) {
      found.may_be_chance = true;
      continue;
    }
    if (found.worst == nullptr || std::abs(row.points[i].miss) > std::abs(found.worst->miss))
      found.worst = &row.points[i];
  }
  return found;
}

// Sets fit and sentence.
void JudgeFit(const RoundLines& rounds, double confidence, SweepSlope& row) {
  const bool exact = row.clock == store::Clock::kExact;
  const LargeMisses large = FindLargeMisses(rounds, confidence, row);
  if (large.worst != nullptr) {
    row.fit = SweepSlope::Fit::kNonlinear;
    row.sentence = fmt::format("a straight line predicts a cost for {} that is {} too {}",
                               large.worst->benchmark, SizeText(large.worst->miss),
                               large.worst->miss > 0 ? "low" : "high");
  } else if (large.may_be_chance || (!exact && !row.slope_interval)) {
    row.fit = SweepSlope::Fit::kUnclear;
    row.sentence = fmt::format(
        "too noisy, or too few rounds, to judge the line: {} complete rounds", row.rounds);
  } else if (IsFlat(row)) {
    row.fit = SweepSlope::Fit::kFlat;
    row.sentence = fmt::format("over the whole sweep the cost changes by less than {:.0f} %",
                               100 * kLineTolerance);
  } else if (!exact && row.slope_interval->low < 0 && row.slope_interval->high > 0) {
    row.fit = SweepSlope::Fit::kUnclear;
    row.sentence = "the slope may be zero, but the noise is too high to call it flat";
  } else {
    row.fit = SweepSlope::Fit::kLinear;
    row.sentence = fmt::format("every cost is within {:.0f} % of the line", 100 * kLineTolerance);
  }
}

stats::Interval RangeOf(const std::vector<double>& values) {
  const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
  return {*least, *greatest, 1};
}

SweepSlope MakeRow(const Sweep& sweep, const RoundLines& rounds, store::Clock clock,
                   double confidence) {
  SweepSlope row;
  row.clock = clock;
  row.sweep = sweep.name;
  row.per = sweep.per;
  row.rounds = static_cast<int64_t>(rounds.size());
  const std::vector<double> intercepts = InterceptsOf(rounds);
  const std::vector<double> slopes = SlopesOf(rounds);
  row.slope = stats::Median(slopes);
  row.intercept = stats::Median(intercepts);
  for (size_t i = 0; i < sweep.points.size(); ++i) {
    std::vector<double> costs;
    std::vector<double> misses;
    for (const auto& [round, fit] : rounds) {
      costs.push_back(fit.points[i].y);
      misses.push_back(Miss(fit, i));
    }
    row.points.push_back({sweep.points[i].benchmark, sweep.points[i].x, stats::Median(costs),
                          stats::Median(misses)});
  }
  if (clock == store::Clock::kExact) {
    row.slope_interval = RangeOf(stats::NeighbourSlopes(rounds.begin()->second.points));
  } else {
    row.slope_interval = stats::MedianInterval(slopes, confidence);
    row.intercept_interval = stats::MedianInterval(intercepts, confidence);
  }
  JudgeFit(rounds, confidence, row);
  return row;
}

}  // namespace

std::vector<SweepSlope> SlopesOfRun(const store::Run& run, double confidence) {
  std::vector<SweepSlope> rows;
  for (const store::Cell& cell : run.cells) {
    const SideSlices side = SlicesOf(Side{.run = &run, .cell = cell.name});
    for (Sweep& sweep : FindSweeps(side.order, PageBytes(side))) {
      KeepMeasured(side, sweep);
      const RoundLines rounds = FitLines(side, sweep, cell.clock);
      if (rounds.empty()) continue;
      SweepSlope& row = rows.emplace_back(MakeRow(sweep, rounds, cell.clock, confidence));
      row.cell = cell.name;
      row.unit = side.of.at(sweep.points.front().benchmark).front()->slice.unit;
    }
  }
  return rows;
}

}  // namespace procmark::compare
