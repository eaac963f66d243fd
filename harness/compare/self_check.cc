// SPDX-License-Identifier: MIT
#include "harness/compare/self_check.h"

#include <fmt/format.h>

#include <cmath>

#include "harness/compare/benchmark_ratio.h"
#include "harness/compare/noisy_estimate.h"
#include "harness/stats/low_quantile.h"

namespace procmark::compare {
namespace {

constexpr double kTwinAlarm = 0.001;    // p-value: one good host in a thousand is called bad
constexpr double kSlowFound = 0.05;     // p-value
constexpr double kTwinScatter = 0.999;  // confidence that a difference is not scatter

Canary Start(const char* name, const std::optional<BenchmarkRatio>& measured) {
  Canary canary;
  canary.benchmark = name;
  if (!measured) {
    canary.sentence = fmt::format("{} or {} was not measured", name, kCanaryBase);
    return canary;
  }
  canary.state = Canary::State::kUnclear;
  canary.pairs = static_cast<int64_t>(measured->estimate.n);
  canary.ratio = std::exp(measured->estimate.effect);
  if (measured->estimate.interval) canary.interval = Relative(*measured->estimate.interval);
  return canary;
}

std::string Numbers(const Canary& canary) {
  return fmt::format("{} {} from {} pairs", PercentText(*canary.ratio - 1),
                     canary.interval ? IntervalText(*canary.interval) : "", canary.pairs);
}

Canary NoisyTwin(const std::optional<BenchmarkRatio>& measured, const Rules& rules) {
  Canary canary = Start(kCanaryTwin, measured);
  if (!measured) return canary;
  const NoisyEstimate& estimate = measured->estimate;
  if (canary.pairs < rules.fewest_pairs || !estimate.interval) {
    canary.sentence = fmt::format("{} pairs are too few to judge this host", canary.pairs);
  } else if (*estimate.p_value <= kTwinAlarm &&
             ReachesThreshold(estimate.effect, rules.threshold)) {
    canary.state = Canary::State::kBad;
    canary.sentence = fmt::format(
        "two copies of the same code differ: {}; trust no verdict of this cell", Numbers(canary));
  } else if (!ReachesThreshold(estimate.interval->low, rules.threshold) &&
             !ReachesThreshold(estimate.interval->high, rules.threshold)) {
    canary.state = Canary::State::kGood;
    canary.sentence = fmt::format("two copies of the same code cost the same: {}", Numbers(canary));
  } else {
    canary.sentence =
        fmt::format("no false alarm, but this host is too noisy to be sure with so few pairs: {}",
                    Numbers(canary));
  }
  return canary;
}

Canary NoisySlow(const std::optional<BenchmarkRatio>& measured, const Rules& rules) {
  Canary canary = Start(kCanarySlow, measured);
  if (!measured) return canary;
  const NoisyEstimate& estimate = measured->estimate;
  if (canary.pairs < rules.fewest_pairs || !estimate.interval) {
    canary.sentence = fmt::format("{} pairs are too few to find a difference of 5 %", canary.pairs);
  } else if (*estimate.p_value <= kSlowFound && estimate.effect > 0 &&
             ReachesThreshold(estimate.effect, rules.threshold)) {
    canary.state = Canary::State::kGood;
    canary.sentence = fmt::format("the added 5 % was found: {}", Numbers(canary));
  } else if (estimate.interval->high < 0 ||
             !ReachesThreshold(estimate.interval->high, rules.threshold)) {
    canary.state = Canary::State::kBad;
    canary.sentence =
        fmt::format("the numbers do not show the added 5 %: {}; trust no verdict of this cell",
                    Numbers(canary));
  } else {
    canary.sentence =
        fmt::format("the added 5 % was not found, but it may be there: {}; measure more pairs",
                    Numbers(canary));
  }
  return canary;
}

// True if the samples of twin and base scatter so much that their true quartiles may differ by less
// than `least` (a logarithm). Samples hardly scatter in a guest that is restored for each slice. If
// all slices share one boot, the kernel may do different work for the same call each time.
bool MayBeScatter(const store::Run& run, const std::string& cell, double least) {
  const SideSlices slices = SlicesOf(Side{.run = &run, .cell = cell});
  const auto samples_of = [&slices](const char* benchmark) {
    std::vector<stats::Cluster> single;
    for (const store::Slice* slice : slices.of.at(benchmark))
      for (const int64_t sample : slice->slice.samples) single.push_back({sample});
    return single;
  };
  const auto quartiles = stats::CompareLowQuantiles(samples_of(kCanaryBase),
                                                    samples_of(kCanaryTwin), 0.25, kTwinScatter);
  return quartiles.interval && std::log(quartiles.interval->low) < least &&
         std::log(quartiles.interval->high) > -least;
}

Canary ExactTwin(const store::Run& run, const std::string& cell,
                 const std::optional<BenchmarkRatio>& measured, const Rules& rules) {
  Canary canary = Start(kCanaryTwin, measured);
  if (!measured) return canary;
  const double effect = measured->estimate.effect;
  const std::string percent = PercentText(*canary.ratio - 1);
  if (!ReachesThreshold(effect, rules.exact_changed)) {
    canary.state = Canary::State::kGood;
    canary.sentence = "two copies of the same code cost the same: " + percent;
    return canary;
  }
  canary.sentence = "two copies of the same code differ: " + percent;
  if (!ReachesThreshold(effect, rules.exact_regressed)) return canary;
  if (MayBeScatter(run, cell, rules.exact_regressed)) {
    canary.sentence += ", but the samples scatter by as much";
  } else {
    canary.state = Canary::State::kBad;
  }
  return canary;
}

Canary ExactSlow(const std::optional<BenchmarkRatio>& measured, const Rules& rules) {
  Canary canary = Start(kCanarySlow, measured);
  if (!measured) return canary;
  const double effect = measured->estimate.effect;
  const bool found = effect > 0 && ReachesThreshold(effect, rules.exact_regressed);
  canary.state = found ? Canary::State::kGood : Canary::State::kBad;
  canary.sentence =
      (found ? "the added 5 % was found: " : "the numbers do not show the added 5 %: ") +
      PercentText(*canary.ratio - 1);
  return canary;
}

Canary ShownCanary(const char* name, const std::optional<BenchmarkRatio>& measured) {
  Canary canary = Start(name, measured);
  if (measured) {
    canary.sentence =
        fmt::format("{}; emulated time is shown but never judged", PercentText(*canary.ratio - 1));
  }
  return canary;
}

}  // namespace

SelfCheckResult SelfCheck(const store::Run& run, const std::string& cell, const Rules& rules) {
  const store::Clock clock = FindCell(run, cell).clock;
  const auto twin = EstimateRatio(run, cell, kCanaryBase, kCanaryTwin, rules.confidence);
  const auto slow = EstimateRatio(run, cell, kCanaryBase, kCanarySlow, rules.confidence);
  SelfCheckResult result;
  result.cell = cell;
  switch (clock) {
    case store::Clock::kWall:
    case store::Clock::kKvm:
      result.twin = NoisyTwin(twin, rules);
      result.slow = NoisySlow(slow, rules);
      if (twin && twin->estimate.interval &&
          static_cast<int64_t>(twin->estimate.n) >= rules.fewest_pairs) {
        result.minimal_detectable_effect = DetectableEffect(*twin->estimate.interval);
      }
      break;
    case store::Clock::kExact:
      result.twin = ExactTwin(run, cell, twin, rules);
      result.slow = ExactSlow(slow, rules);
      break;
    case store::Clock::kTcg:
      result.twin = ShownCanary(kCanaryTwin, twin);
      result.slow = ShownCanary(kCanarySlow, slow);
      break;
  }
  return result;
}

}  // namespace procmark::compare
