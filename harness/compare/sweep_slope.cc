// Judges the form of a sweep.
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

double Miss(const RoundFit& fit, size_t point) {
  const auto& [x, y] = fit.points[point];
  return y == 0 ? 0 : (y - fit.line.At(x)) / y;
}

// Noisy clocks: both ends of the slope's interval rise little; exact: no point does more.
bool IsFlat(const SlopeRow& row) {
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

// Sets the form from the misses, whose intervals tell chance from bend on noisy clocks.
void Judge(const Rounds& rounds, double confidence, SlopeRow& row) {
  const bool exact = row.clock == store::Clock::kExact;
  bool certain = exact || row.slope_interval.has_value();
  const SlopePoint* worst = nullptr;
  for (size_t i = 0; i < row.points.size(); ++i) {
    if (std::abs(row.points[i].miss) <= kLineTolerance) continue;
    std::vector<double> misses;
    for (const auto& [round, fit] : rounds) misses.push_back(Miss(fit, i));
    const auto interval = stats::MedianInterval(misses, confidence);
    if (!exact && (!interval || (interval->low < 0 && interval->high > 0))) {
      certain = false;
      continue;
    }
    if (worst == nullptr || std::abs(row.points[i].miss) > std::abs(worst->miss))
      worst = &row.points[i];
  }
  if (worst != nullptr) {
    row.form = SlopeRow::Form::kBent;
    row.sentence = fmt::format("a straight line misses {} by {} of its cost", worst->benchmark,
                               PercentText(worst->miss));
    return;
  }
  if (!certain) {
    row.form = SlopeRow::Form::kUnclear;
    row.sentence = fmt::format("too noisy or too few rounds to tell: {} complete ones", row.rounds);
  } else if (IsFlat(row)) {
    row.form = SlopeRow::Form::kFlat;
    row.sentence = fmt::format("over the whole sweep the cost rises by less than {:.0f} %",
                               100 * kLineTolerance);
  } else if (row.clock != store::Clock::kExact && row.slope_interval->low < 0 &&
             row.slope_interval->high > 0) {
    row.form = SlopeRow::Form::kUnclear;
    row.sentence = "no slope beyond chance, and too noisy to call it flat";
  } else {
    row.form = SlopeRow::Form::kLinear;
    row.sentence = fmt::format("no point is missed by more than {:.0f} %", 100 * kLineTolerance);
  }
}

stats::Interval RangeOf(const std::vector<double>& values) {
  const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
  return {*least, *greatest, 1};
}

SlopeRow MakeRow(const Sweep& sweep, const Rounds& rounds, store::Clock clock, double confidence) {
  SlopeRow row;
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
  Judge(rounds, confidence, row);
  return row;
}

}  // namespace

const char* SlopeFormName(SlopeRow::Form form) {
  switch (form) {
    case SlopeRow::Form::kLinear:
      return "linear";
    case SlopeRow::Form::kFlat:
      return "flat";
    case SlopeRow::Form::kBent:
      return "bent";
    case SlopeRow::Form::kUnclear:
      return "unclear";
  }
  return "";
}

std::vector<SlopeRow> SlopesOfRun(const store::Run& run, double confidence) {
  std::vector<SlopeRow> rows;
  for (const store::Cell& cell : run.cells) {
    const SideSlices side = SlicesOf(Side{.run = &run, .cell = cell.name});
    for (Sweep& sweep : FindSweeps(side.order, PageBytes(side))) {
      KeepMeasured(side, sweep);
      const Rounds rounds = Fit(side, sweep, cell.clock);
      if (rounds.empty()) continue;
      SlopeRow& row = rows.emplace_back(MakeRow(sweep, rounds, cell.clock, confidence));
      row.cell = cell.name;
      row.unit = side.of.at(sweep.points.front().benchmark).front()->slice.unit;
    }
  }
  return rows;
}

}  // namespace procmark::compare
