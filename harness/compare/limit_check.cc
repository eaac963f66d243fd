// Ratios of benchmarks to their limits.
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

LimitRow::State Judge(double low, double high) {
  const double edge = std::log1p(kLimitTolerance) + 1e-12;
  if (low >= -edge && high <= edge) return LimitRow::State::kWithin;
  if (low > edge || high < -edge) return LimitRow::State::kBeyond;
  return LimitRow::State::kUnclear;
}

bool AllPositive(const std::vector<stats::Cluster>& clusters) {
  return std::ranges::all_of(clusters, [](const stats::Cluster& cluster) {
    return std::ranges::all_of(cluster, [](int64_t sample) { return sample > 0; });
  });
}

// For a row whose typical cost is not within: what its fastest samples say.
void DecideByFastest(LimitRow& row, const SideSlices& slices, const Rules& rules) {
  const auto limit = SamplesOf(slices, row.limit);
  const auto bounded = SamplesOf(slices, row.bounded);
  if (!AllPositive(limit) || !AllPositive(bounded)) return;  // a clock too coarse for ratios
  const auto operations = [&slices](const std::string& name) {
    return static_cast<double>(slices.of.at(name).front()->slice.operations);
  };
  const stats::LowQuantileRatio fastest =
      stats::CompareLowQuantiles(limit, bounded, kFastestPart, rules.confidence);
  const double per_operation = operations(row.limit) / operations(row.bounded);
  row.best_ratio = fastest.ratio * per_operation;
  if (!fastest.interval) return;
  const stats::Interval of_ratio{fastest.interval->low * per_operation,
                                 fastest.interval->high * per_operation,
                                 fastest.interval->confidence};
  const stats::Interval interval = LogInterval(of_ratio);
  row.best_interval = Relative(interval);
  if (Judge(interval.low, interval.high) == LimitRow::State::kWithin)
    row.state = LimitRow::State::kAtBest;
  row.sentence += fmt::format("; {} {} of its fastest hundredth", PercentText(*row.best_ratio - 1),
                              IntervalText(*row.best_interval));
}

void Decide(LimitRow& row, store::Clock clock, const NoisyEstimate& estimate,
            const SideSlices& slices, const Rules& rules) {
  const std::string percent = PercentText(*row.ratio - 1);
  row.state = LimitRow::State::kUnclear;
  if (clock == store::Clock::kTcg) {
    row.sentence = fmt::format("{} of the limit; emulated time is never judged", percent);
    return;
  }
  if (clock == store::Clock::kExact) {
    row.state = Judge(estimate.effect, estimate.effect);
    row.sentence = fmt::format("{} of the limit", percent);
    return;
  }
  if (row.pairs < rules.fewest_pairs || !estimate.interval) {
    row.sentence =
        fmt::format("{} of the limit from {} pairs: too few for an interval", percent, row.pairs);
    return;
  }
  row.state = Judge(estimate.interval->low, estimate.interval->high);
  row.sentence = fmt::format("{} {} of the limit", percent, IntervalText(*row.interval));
  if (row.state != LimitRow::State::kWithin) DecideByFastest(row, slices, rules);
}

}  // namespace

const char* LimitStateName(LimitRow::State state) {
  switch (state) {
    case LimitRow::State::kWithin:
      return "within";
    case LimitRow::State::kAtBest:
      return "at best";
    case LimitRow::State::kBeyond:
      return "beyond";
    case LimitRow::State::kUnclear:
      return "unclear";
    case LimitRow::State::kAbsent:
      return "absent";
  }
  return "";
}

std::vector<LimitRow> LimitTable(const store::Run& run, const std::string& cell,
                                 const std::map<std::string, std::string>& bounded_by_limit,
                                 const Rules& rules) {
  const store::Clock clock = FindCell(run, cell).clock;
  const SideSlices slices = SlicesOf(Side{.run = &run, .cell = cell});
  std::vector<LimitRow> rows;
  for (const auto& [limit, bounded] : bounded_by_limit) {
    LimitRow& row = rows.emplace_back();
    row.limit = limit;
    row.bounded = bounded;
    const auto measured = EstimateWithinCell(run, cell, limit, bounded, rules.confidence);
    if (!measured) {
      row.sentence = "the limit or what it bounds was not measured here";
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
