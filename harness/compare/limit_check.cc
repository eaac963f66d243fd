// SPDX-License-Identifier: MIT
#include "harness/compare/limit_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/compare/benchmark_ratio.h"
#include "harness/stats/low_quantile.h"

namespace procmark::compare {
namespace {

stats::Interval LogInterval(const stats::Interval& ratio) {
  return {std::log(ratio.low), std::log(ratio.high), ratio.confidence};
}

std::vector<stats::Cluster> SamplesOf(const SideSlices& slices, const std::string& benchmark) {
  std::vector<stats::Cluster> samples;
  for (const store::Slice* slice : slices.of.at(benchmark)) samples.push_back(slice->slice.samples);
  return samples;
}

// `low` and `high` are logarithms of the ratio.
LimitCheck::State Judge(double low, double high) {
  const double edge = std::log1p(kLimitTolerance) + 1e-12;
  if (low >= -edge && high <= edge) return LimitCheck::State::kWithin;
  if (low > edge || high < -edge) return LimitCheck::State::kBeyond;
  return LimitCheck::State::kUnclear;
}

bool AllPositive(const std::vector<stats::Cluster>& clusters) {
  return std::ranges::all_of(clusters, [](const stats::Cluster& cluster) {
    return std::ranges::all_of(cluster, [](int64_t sample) { return sample > 0; });
  });
}

// Compares the fastest samples, for a row whose typical cost is not within the tolerance.
void DecideByFastest(LimitCheck& row, const SideSlices& slices, const Rules& rules) {
  const auto limit = SamplesOf(slices, row.limit);
  const auto bounded = SamplesOf(slices, row.bounded);
  if (!AllPositive(limit) || !AllPositive(bounded)) return;  // the clock is too coarse for ratios
  const auto operations = [&slices](const std::string& name) {
    return static_cast<double>(slices.of.at(name).front()->slice.operations);
  };
  const stats::LowQuantileRatio fastest =
      stats::CompareLowQuantiles(limit, bounded, kFastestShare, rules.confidence);
  const double per_operation = operations(row.limit) / operations(row.bounded);
  row.fastest_ratio = fastest.ratio * per_operation;
  if (!fastest.interval) return;
  const stats::Interval of_ratio{fastest.interval->low * per_operation,
                                 fastest.interval->high * per_operation,
                                 fastest.interval->confidence};
  const stats::Interval interval = LogInterval(of_ratio);
  row.fastest_interval = Relative(interval);
  if (Judge(interval.low, interval.high) == LimitCheck::State::kWithin)
    row.state = LimitCheck::State::kWithinAtFastest;
  row.sentence +=
      fmt::format("; difference of the fastest 1 % of the samples: {} {}",
                  PercentText(*row.fastest_ratio - 1), IntervalText(*row.fastest_interval));
}

void Decide(LimitCheck& row, store::Clock clock, const NoisyEstimate& estimate,
            const SideSlices& slices, const Rules& rules) {
  const std::string percent = PercentText(*row.ratio - 1);
  row.state = LimitCheck::State::kUnclear;
  if (clock == store::Clock::kTcg) {
    row.sentence =
        fmt::format("difference from the limit: {}; emulated time is never judged", percent);
    return;
  }
  if (clock == store::Clock::kExact) {
    row.state = Judge(estimate.effect, estimate.effect);
    row.sentence = fmt::format("difference from the limit: {}", percent);
    return;
  }
  if (row.pairs < rules.fewest_pairs || !estimate.interval) {
    row.sentence = fmt::format(
        "difference from the limit: {}; {} pairs are too few for an interval", percent, row.pairs);
    return;
  }
  row.state = Judge(estimate.interval->low, estimate.interval->high);
  row.sentence =
      fmt::format("difference from the limit: {} {}", percent, IntervalText(*row.interval));
  if (row.state != LimitCheck::State::kWithin) DecideByFastest(row, slices, rules);
}

}  // namespace

std::vector<LimitCheck> CheckLimits(const store::Run& run, const std::string& cell,
                                    const std::map<std::string, std::string>& bounded_by_limit,
                                    const Rules& rules) {
  const store::Clock clock = FindCell(run, cell).clock;
  const SideSlices slices = SlicesOf(Side{.run = &run, .cell = cell});
  std::vector<LimitCheck> rows;
  for (const auto& [limit, bounded] : bounded_by_limit) {
    LimitCheck& row = rows.emplace_back();
    row.limit = limit;
    row.bounded = bounded;
    const auto measured = EstimateRatio(run, cell, limit, bounded, rules.confidence);
    if (!measured) {
      row.sentence = "the benchmark or its limit was not measured in this cell";
      continue;
    }
    row.pairs = static_cast<int64_t>(measured->estimate.n);
    row.unit = measured->unit;
    row.limit_per_operation = measured->base;
    row.bounded_per_operation = measured->other;
    row.ratio = std::exp(measured->estimate.effect);
    if (measured->estimate.interval) row.interval = Relative(*measured->estimate.interval);
    Decide(row, clock, measured->estimate, slices, rules);
  }
  return rows;
}

}  // namespace procmark::compare
