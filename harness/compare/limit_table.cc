// Ratios of benchmarks to their limits.
#include "harness/compare/limit_table.h"

#include <fmt/format.h>

#include <cmath>

#include "harness/compare/within_cell.h"

namespace procmark::compare {
namespace {

LimitRow::State Judge(double low, double high) {
  const double edge = std::log1p(kLimitTolerance) + 1e-12;
  if (low >= -edge && high <= edge) return LimitRow::State::kWithin;
  if (low > edge || high < -edge) return LimitRow::State::kBeyond;
  return LimitRow::State::kUnclear;
}

void Decide(LimitRow& row, store::Clock clock, const NoisyEstimate& estimate, const Rules& rules) {
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
}

}  // namespace

const char* LimitStateName(LimitRow::State state) {
  switch (state) {
    case LimitRow::State::kWithin:
      return "within";
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
    Decide(row, clock, measured->estimate, rules);
  }
  return rows;
}

}  // namespace procmark::compare
